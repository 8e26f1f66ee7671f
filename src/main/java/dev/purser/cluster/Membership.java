package dev.purser.cluster;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;

/// How this node becomes a member, and who the members are. Safe for many threads.
public final class Membership {

  private static final Set<MemberStatus> GONE = Set.of(MemberStatus.down(), MemberStatus.removed());

  private Membership() {}

  /// Tells `up` when this node is a member.
  public static void watch(ActorSystem<?> system, ActorRef<SelfUp> up) {
    Cluster.get(system).subscriptions().tell(new Subscribe<>(up, SelfUp.class));
  }

  /// Begins to join the nodes at `owners` and the seeds. May be called again until this node is a
  /// member; the last call counts.
  ///
  /// @param owners addresses, as `host:port`, of nodes that form a cluster already
  /// @param forms whether this node forms a cluster if none of its seeds has one
  public static void join(
      ActorSystem<?> system, ClusterSettings settings, List<String> owners, boolean forms) {
    Cluster cluster = Cluster.get(system);
    if (forms && settings.seeds().isEmpty()) {
      cluster.manager().tell(new Join(cluster.selfMember().address()));
      return;
    }
    // Pekko lets a node form a cluster if it is the first of the list, and only then.
    String self = address(system);
    List<String> nodes =
        forms
            ? settings.seeds()
            : Stream.concat(owners.stream(), settings.seeds().stream())
                .filter(node -> !node.equals(self))
                .distinct()
                .toList();
    List<Address> addresses =
        nodes.stream()
            .map(node -> AddressFromURIString.parse("pekko://" + system.name() + "@" + node))
            .toList();
    if (!addresses.isEmpty()) {
      cluster.manager().tell(new JoinSeedNodes(addresses));
    }
  }

  /// The address of this node in the cluster, as `host:port`.
  public static String address(ActorSystem<?> system) {
    Address address = Cluster.get(system).selfMember().address();
    return address.getHost().orElse("") + ":" + address.getPort().orElse(0);
  }

  /// The incarnation of this node, random for each start.
  public static long uid(ActorSystem<?> system) {
    return Cluster.get(system).selfMember().uniqueAddress().longUid();
  }

  /// The incarnations of all members as this node sees them; one that is down is none.
  public static Set<Long> uids(ActorSystem<?> system) {
    Set<Long> uids = new HashSet<>();
    for (Member member : Cluster.get(system).state().getMembers()) {
      if (!GONE.contains(member.status())) {
        uids.add(member.uniqueAddress().longUid());
      }
    }
    return uids;
  }
}

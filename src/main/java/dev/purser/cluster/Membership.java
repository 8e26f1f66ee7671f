package dev.purser.cluster;

import java.util.List;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;

/// How this node becomes a member: it joins its seeds, or itself if there are none.
public final class Membership {

  private Membership() {}

  /// Begins to join; `up` is told when this node is a member.
  public static void join(ActorSystem<?> system, ClusterSettings settings, ActorRef<SelfUp> up) {
    Cluster cluster = Cluster.get(system);
    cluster.subscriptions().tell(new Subscribe<>(up, SelfUp.class));
    if (settings.seeds().isEmpty()) {
      cluster.manager().tell(new Join(cluster.selfMember().address()));
    } else {
      List<Address> seeds =
          settings.seeds().stream()
              .map(s -> AddressFromURIString.parse("pekko://" + system.name() + "@" + s))
              .toList();
      cluster.manager().tell(new JoinSeedNodes(seeds));
    }
  }
}

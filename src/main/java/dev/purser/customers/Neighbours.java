package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.ActorRef;

/// Whom a customer knows. Immutable, shared by all customers of a node.
record Neighbours(
    ActorRef<Database.Command> database,
    ActorRef<Cache.Command> cache,
    ActorRef<Erasures.Command> erasures,
    Answers answers,
    CustomersSettings settings,
    InstantSource clock,
    CustomersMetrics metrics,
    Following following,
    NodeLease lease) {}

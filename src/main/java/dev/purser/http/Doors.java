package dev.purser.http;

import dev.purser.ledger.EventJson;
import dev.purser.vectors.Workers;
import java.time.InstantSource;
import org.apache.pekko.stream.Materializer;

/// Everything behind the edge that an endpoint may ask. Immutable.
public record Doors(
    CustomerDoor customers,
    DocumentDoor documents,
    BulkDoor ingest,
    Workers workers,
    VectorDoor vectors,
    Operations operations,
    EventJson events,
    HttpSettings settings,
    Materializer materializer,
    InstantSource clock) {}

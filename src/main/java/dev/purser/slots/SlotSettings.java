package dev.purser.slots;

import dev.purser.faults.Backoff;
import java.time.Duration;

/// How slots behave.
///
/// @param dispatcher the configuration path of the dispatcher on which sessions block
/// @param backoff between attempts to open
/// @param workLimit the longest a unit of work may run before it is interrupted
/// @param maxAge the age at which an open connection is replaced; zero: never
/// @param failureLimit failures outside callers' work within `failureWindow` beyond which the slot
///   escalates
/// @param look how often a slot looks at its session for overdue work and age
public record SlotSettings(
    String dispatcher,
    Backoff backoff,
    Duration workLimit,
    Duration maxAge,
    int failureLimit,
    Duration failureWindow,
    Duration look) {}

package dev.purser.http;

import java.util.concurrent.CompletionStage;

/// Answers calls of one route. May throw, or fail its stage with, [Refusal] or
/// [dev.purser.faults.Fault]; anything else is a bug of ours.
@FunctionalInterface
interface Endpoint {
  CompletionStage<Answer> answer(Call call);
}

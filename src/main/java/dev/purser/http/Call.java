package dev.purser.http;

import dev.purser.customers.Customer;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Rules;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/// One request on its way through an endpoint. Confined to whoever answers it at the moment.
final class Call {
  private final HttpRequest request;
  private final Head head;
  private final Body body;
  private final Target target;
  private final Route route;
  private final Doors doors;
  private final Parameters parameters;
  private final Admission.Permit permit;
  private final long startedMillis;

  Call(
      HttpRequest request,
      Head head,
      Body body,
      Target target,
      Route route,
      Doors doors,
      Admission.Permit permit) {
    this.request = request;
    this.head = head;
    this.body = body;
    this.target = target;
    this.route = route;
    this.doors = doors;
    this.permit = permit;
    this.parameters = Parameters.parse(target.query(), route.parameters());
    this.startedMillis = doors.clock().millis();
  }

  HttpRequest request() {
    return request;
  }

  Head head() {
    return head;
  }

  Body body() {
    return body;
  }

  /// Who calls, and the request's id: what each log line about the request says.
  String by() {
    return head.by;
  }

  Route route() {
    return route;
  }

  Doors doors() {
    return doors;
  }

  Parameters query() {
    return parameters;
  }

  /// Holds `bytes` for an answer that is going to be made, or refuses the call for want of room.
  void reserve(long bytes) {
    permit.reserve(bytes);
  }

  /// When an interactive answer is due, in milliseconds since 1970.
  long deadlineMillis() {
    return startedMillis + doors.settings().deadline().toMillis();
  }

  /// When an answer is due that is asked for now: the next page of a stream.
  long freshDeadlineMillis() {
    return doors.clock().millis() + doors.settings().deadline().toMillis();
  }

  /// The id in the path segment that the template names `{name}`, decoded and judged.
  String id(String name) {
    String id = segment(name);
    String whyNot = Rules.whyNotId(id);
    if (whyNot != null) {
      throw Problem.invalid(name, whyNot).refusal();
    }
    return id;
  }

  /// A number that the server itself gave out in a path: whatever else stands there is unknown.
  long number(String name, String what) {
    String text = segment(name);
    if (!text.matches("[0-9]{1,18}")) {
      throw Problem.notFound("There is no " + what + " of this id.").refusal();
    }
    return Long.parseLong(text);
  }

  /// The list of this path, whichever way its ids were percent-encoded: what its cursors are bound
  /// to.
  String list() {
    StringBuilder list = new StringBuilder(route.template());
    for (String segment : target.segments()) {
      list.append('\0').append(Target.decode(segment, false, "path"));
    }
    return list.toString();
  }

  /// The decoded path segment that the template names `{name}`.
  String segment(String name) {
    return Target.decode(target.segments().get(route.position(name)), false, name);
  }

  /// The path segment as it was sent.
  String rawSegment(String name) {
    return target.segments().get(route.position(name));
  }

  boolean wantsLines() {
    return wants(Accepts.LINES);
  }

  /// Whether `type` is the form that the caller likes best, of those that the route has.
  boolean wants(String type) {
    return type.equals(Accepts.best(head.accept, route.form().offers()));
  }

  /// What must hold of the customer's version before it is changed (`If-Match`, `If-None-Match`).
  Customer.@Nullable Condition condition() {
    return Preconditions.ofWrite(head);
  }

  /// How many rows a page has at most.
  int limit() {
    return parameters.integer("limit", 1, 1_000, 50);
  }

  /// Applies one change to the customer `id`; whatever is not accepted, known, settled or erased is
  /// refused.
  CompletionStage<Customer.Reply.Applied> apply(
      String id, Change change, Customer.@Nullable Condition condition) {
    return doors
        .customers()
        .apply(id, change, condition, deadlineMillis())
        .thenApply(Call::applied);
  }

  private static Customer.Reply.Applied applied(Customer.Reply reply) {
    return switch (reply) {
      case Customer.Reply.Applied a -> {
        if (a.outcomes().getFirst() instanceof Outcome.Refused refused) {
          throw Problem.of(refused.error(), Problem.Outcome.NOT_APPLIED).refusal();
        }
        yield a;
      }
      case Customer.Reply.Refused r ->
          throw Problem.of(
                  r.error(),
                  r.outcomeUnknown() ? Problem.Outcome.UNKNOWN : Problem.Outcome.NOT_APPLIED)
              .refusal();
      case Customer.Reply.Read _ ->
          throw new IllegalStateException("a write was answered as a read");
    };
  }
}

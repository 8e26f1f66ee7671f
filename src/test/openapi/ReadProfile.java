import dev.purser.client.ApiClient;
import dev.purser.client.api.CustomersApi;
import dev.purser.client.api.OpsApi;
import dev.purser.client.model.Decision;
import dev.purser.client.model.Profile;
import dev.purser.client.model.Slot;
import dev.purser.client.model.Totals;
import java.time.Instant;
import java.time.OffsetDateTime;

/// Reads a profile from a running server with the generated client, and prints what it read; see
/// `OpenApiClientsIT`.
final class ReadProfile {
  private ReadProfile() {}

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    Profile profile = new CustomersApi(client).getCustomer(arguments[1], null).getData();
    long version = profile.getVersion();
    String country = profile.getPreferences().get("country");
    Totals totals = profile.getTotals().getFirst();
    long net = totals.getNetMinor();
    OffsetDateTime first = profile.getFirstPurchaseAt();
    System.out.println(
        version
            + (" " + country + " " + totals.getCurrency() + " " + net)
            + (" " + first.toInstant() + " " + profile.getStale()));

    OpsApi ops = new OpsApi(client);
    Slot slot = ops.slots().getData().getSlots().getFirst();
    Decision decision = ops.supervision().getData().getDecisions().getFirst();
    boolean dated = decision.getWhen().toInstant().isAfter(Instant.EPOCH);
    System.out.println(
        slot.getKind().getValue()
            + (" " + decision.getDecision().getValue() + " " + decision.getError() + " " + dated));
  }
}

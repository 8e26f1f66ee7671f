// Reads a profile from a running server with the generated client, and prints what it read; see OpenApiClientsIT.
import { Configuration, CustomersApi, OpsApi, type Totals } from "./client/index.js";

// What a browser and Node.js both have; the compiler options leave Node.js' own types out.
declare const process: { argv: string[] };

const configuration = new Configuration({ basePath: process.argv[2] });
const profile = (await new CustomersApi(configuration).getCustomer({ id: process.argv[3] })).data;
const version: number = profile.version;
const country: string = profile.preferences["country"];
const totals: Totals = profile.totals[0];
const first: Date | null = profile.firstPurchaseAt;
console.log(version, country, totals.currency, totals.netMinor, first?.toISOString(), profile.stale);

const ops = new OpsApi(configuration);
const kinds: string[] = (await ops.slots()).data.slots.map((slot) => slot.kind);
const decision = (await ops.supervision()).data.decisions[0];
console.log(kinds[0], decision.decision, decision.error, decision.when.getTime() > 0);

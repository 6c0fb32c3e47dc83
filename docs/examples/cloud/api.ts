// How a program asks the cloud, in TypeScript. CLOUD is its address, TOKEN an API key or a login's token, MACHINE a machine's id.
import { CloudClient, CloudProblem } from "@visionvend/sdk/cloud/cloud-client";

const { CLOUD = "http://localhost:8000", TOKEN = "", MACHINE = "" } = process.env;
const cloud = new CloudClient({ url: CLOUD, token: TOKEN });

// Everything in a list, page after page.
for await (const { sku, priceCents } of cloud.all("GET /api/v1/products", { query: { limit: 1 } })) {
	console.log(sku, priceCents);
}

// A change over the version that was read.
const { data: machine } = await cloud.call("GET /api/v1/machines/{id}", { path: { id: MACHINE } });
const change = { path: { id: MACHINE }, headers: { "if-match": `"${machine.version}"` } };
const { data: renamed } = await cloud.call("PATCH /api/v1/machines/{id}", { ...change, body: { name: "Lobby" } });
console.log(renamed.name, renamed.version > machine.version);

// Who comes second is told so.
try {
	await cloud.call("PATCH /api/v1/machines/{id}", { ...change, body: { name: "Hall" } });
} catch (error) {
	if (!(error instanceof CloudProblem)) throw error;
	console.log(error.status, error.code);
}

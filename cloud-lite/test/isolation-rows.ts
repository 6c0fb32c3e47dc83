import type { TestTenant, TwoTenants } from "./two-tenants.ts";
import { countingRandom } from "./world.ts";

/** A row of tenant `alpha` that a route names in its path. */
export interface IsolationRow {
	/** Puts the row there and returns the values of the path's parameters. */
	readonly params: (world: TwoTenants) => Promise<Readonly<Record<string, string>>>;
	/** A valid body for each method that takes one; a function makes one for the tenant that asks. */
	readonly bodies?: Readonly<
		Record<string, Readonly<Record<string, unknown>> | ((world: TwoTenants, asker: TestTenant) => Promise<object>)>
	>;
	readonly query?: string;
	/** Methods whose tests beside them ask as another tenant, for they take more than a body. */
	readonly elsewhere?: readonly string[];
	/** Set where what the path names is no tenant's: every tenant has its own under that name, or the platform sees all. */
	readonly ofNoTenant?: true;
}

const random = countingRandom(5);

function freshId(): string {
	return `alpha-${Buffer.from(random(16)).toString("base64url")}`;
}

const target = { kind: "slack", url: "https://hooks.slack.com/services/x" };
const channel = { name: "x", target };
const rule = { enabled: true, threshold: 1, withinMs: 0, severity: "warning", repeatMs: 0 };

const manifest = {
	product: "x",
	hardware: "x",
	version: "1.0.0",
	floor: 0,
	byteLength: 1,
	sha256: "A".repeat(43),
	signature: "A".repeat(86),
};
const recipeBody = { name: "x", steps: [{ step: "pump", amount: 9 }], uses: [] };

/** For every route with parameters in its path: the row of `alpha` that `beta` must not see. */
export const isolationRows: Readonly<Record<string, IsolationRow>> = {
	"/api/v1/alarms/{id}": { params: alarm },
	"/api/v1/alarms/{id}/acknowledge": { params: alarm, bodies: { post: {} } },
	"/api/v1/alarms/{id}/resolve": { params: alarm, bodies: { post: {} } },
	"/api/v1/alert-rules/{rule}": {
		params: async () => ({ rule: "device_offline" }),
		bodies: { put: rule },
		ofNoTenant: true,
	},
	"/api/v1/api-keys/{id}": { params: apiKey },
	"/api/v1/api-keys/{id}/rotate": { params: apiKey },
	"/api/v1/bins/{id}/fill": { params: bin },
	"/api/v1/checkout/restock/{id}": { params: product, bodies: { post: { quantity: 1 } } },
	"/api/v1/checkout/{session_id}": { params: async (world) => ({ session_id: (await scanSession(world)).id }) },
	"/api/v1/command-batches/{id}": { params: commandBatch },
	"/api/v1/commands/{id}": { params: command },
	"/api/v1/devices/{id}": { params: device },
	"/api/v1/devices/{id}/commands": { params: device, bodies: { post: { action: "reboot" } } },
	"/api/v1/devices/{id}/orders/create": {
		params: device,
		bodies: { post: { items: [{ productId: "x", quantity: 1 }] } },
	},
	"/api/v1/devices/{id}/logs": { params: device, bodies: { post: { entries: [{ level: "info", event: "x" }] } } },
	"/api/v1/devices/{id}/status": { params: device, bodies: { post: {} } },
	"/api/v1/devices/{id}/summary": { params: device },
	"/api/v1/deliveries/{id}/replay": { params: delivery },
	"/api/v1/inventory/{id}": { params: product, bodies: { put: {} } },
	"/api/v1/locations/{id}": { params: location, bodies: { patch: {} } },
	"/api/v1/machines/{id}": { params: machine, bodies: { patch: {} } },
	"/api/v1/machines/{id}/bins": { params: machine, bodies: { put: { bins: [] } } },
	"/api/v1/machines/{id}/config": { params: machine, elsewhere: ["put"] },
	"/api/v1/machines/{id}/decommission": { params: machine },
	"/api/v1/machines/{id}/eva-dts": { params: machine },
	"/api/v1/machines/{id}/key-rotations": { params: machine, bodies: { post: { reason: "service" } } },
	"/api/v1/machines/{id}/provision-device": { params: machine },
	"/api/v1/machines/{id}/status": { params: machine },
	"/api/v1/machines/{id}/telemetry": { params: machine, query: "?metric=mass" },
	"/api/v1/materials/{id}": { params: material, bodies: { patch: { name: "x" } } },
	"/api/v1/notification-channels/{id}": { params: notificationChannel, bodies: { put: channel } },
	"/api/v1/notification-channels/{id}/test": { params: notificationChannel },
	"/api/v1/ota/artifacts/{id}/content": { params: artifact, elsewhere: ["put"] },
	"/api/v1/ota/campaigns/{id}": { params: campaign },
	"/api/v1/ota/campaigns/{id}/approve": { params: campaign },
	"/api/v1/ota/campaigns/{id}/stop": { params: campaign },
	"/api/v1/ota/campaigns/{id}/targets": { params: campaign },
	"/api/v1/planograms/{id}": { params: planogram },
	"/api/v1/planograms/{id}/apply": { params: planogram },
	"/api/v1/products/{id}": { params: product, bodies: { patch: {} } },
	"/api/v1/products/{id}/image": { params: product, elsewhere: ["put", "get"] },
	"/api/v1/push/subscriptions/{id}": { params: pushSubscription },
	"/api/v1/recipe-packages/{id}": { params: recipePackage },
	"/api/v1/recipe-packages/{id}/deployments": { params: recipePackage, elsewhere: ["post"] },
	"/api/v1/recipes/{id}": { params: recipe, bodies: { put: recipeBody } },
	"/api/v1/report-schedules/{id}": { params: reportSchedule },
	"/api/v1/report-schedules/{id}/send": { params: reportSchedule },
	"/api/v1/restock-lists/{id}": { params: restockList },
	"/api/v1/restock-lists/{id}/machines/{machine_id}/fill": {
		params: restockStop,
		bodies: { post: { lines: [{ productId: "none", put: 1 }] } },
	},
	"/api/v1/routes/{id}": {
		params: route,
		bodies: { put: async (_world, asker) => ({ name: freshId(), machineIds: [asker.machineId] }) },
	},
	"/api/v1/sales/{id}": { params: sale },
	"/api/v1/sessions/{id}": { params: scanSession },
	"/api/v1/sessions/{id}/end": { params: scanSession },
	"/api/v1/sessions/{id}/items": { params: scanSession },
	"/api/v1/sessions/{id}/items/{item_id}": { params: scanSession, bodies: { put: { inventory_id: "alpha-tea" } } },
	"/api/v1/sessions/{id}/scan": { params: scanSession, bodies: { post: { detected_name: "tea", confidence: 1 } } },
	"/api/v1/sessions/{id}/scan/detect-from-image": {
		params: scanSession,
		bodies: { post: { image_base64: "iVBORw0KGgo=" } },
	},
	"/api/v1/sales/{id}/dispute": { params: sale, bodies: { post: { reason: "I did not take this" } } },
	"/api/v1/sales/{id}/receipt": { params: sale },
	"/api/v1/orders/{id}": { params: sale },
	"/api/v1/orders/{id}/evidence": { params: sale },
	"/api/v1/orders/{id}/forgive_debt": { params: sale, bodies: { post: { note: "x" } } },
	"/api/v1/orders/{id}/manual_refund": { params: sale, bodies: { post: { amountCents: 1, reason: "x" } } },
	"/api/v1/orders/{id}/resolve": { params: sale, bodies: { post: { items: [], note: "x" } } },
	"/api/v1/chargebacks/{id}/submit": { params: chargeback },
	"/api/v1/dead-messages/{id}/replay": { params: deadMessage },
	"/api/v1/disputes/{id}/submit": { params: chargeback },
	"/api/v1/debts/{id}/pay": { params: sale },
	"/api/v1/shoppers/{id}/token": { params: async ({ alpha }) => ({ id: alpha.shopperId }) },
	"/api/v1/tenants/{id}": { params: async ({ alpha }) => ({ id: alpha.id }), bodies: { patch: {} }, ofNoTenant: true },
	"/api/v1/users/{id}": { params: user, bodies: { patch: {} } },
	"/api/v1/webhooks/{id}": { params: webhook, bodies: { put: { url: "https://alpha.example/hook" } } },
	"/api/v1/webhooks/{id}/rotate-secret": { params: webhook },
	"/api/v1/webhooks/{id}/test": { params: webhook },
};

/** Rows of `alpha` that lists and reports show and no path names. */
export async function writeListedRows(world: TwoTenants): Promise<void> {
	const { database, alpha, clock } = world;
	const { id: productId } = await product(world);
	const { id: packageId } = await recipePackage(world);
	await deadMessage(world);
	const saleId = freshId();
	const anHourAgoMs = clock.now() - 3_600_000;
	await database.write([
		{
			sql: `INSERT INTO movement (tenant_id, product_id, machine_id, change_quantity, reason, at_ms)
				VALUES (?, ?, ?, 1, 'restock', 0)`,
			args: [alpha.id, productId, alpha.machineId],
		},
		{
			sql: `INSERT INTO lot (id, tenant_id, product_id, machine_id, code, expires_on, quantity, created_at_ms)
				VALUES (?, ?, ?, ?, 'x', '2030-01-01', 1, 0)`,
			args: [freshId(), alpha.id, productId, alpha.machineId],
		},
		{
			sql: `INSERT INTO stock_event (tenant_id, product_id, machine_id, kind, quantity, low_at, at_ms)
				VALUES (?, ?, ?, 'low', 1, 2, 0)`,
			args: [alpha.id, productId, alpha.machineId],
		},
		{
			sql: `INSERT INTO recipe_deployment (id, tenant_id, package_id, machine_id, created_at_ms) VALUES (?, ?, ?, ?, 0)`,
			args: [freshId(), alpha.id, packageId, alpha.machineId],
		},
		{
			sql: `INSERT INTO sale (id, tenant_id, machine_id, shopper_id, state, version, currency, hold_cents, captured_cents,
					language, products, requested_at_ms, unlock_deadline_ms, machine_busy, shopper_busy)
				VALUES (?, ?, ?, ?, 'captured', 1, 'usd', 500, 100, 'en', '[]', ?, 0, 0, 0)`,
			args: [saleId, alpha.id, alpha.machineId, alpha.shopperId, anHourAgoMs],
		},
		{
			sql: "INSERT INTO sale_line (sale_id, sku, name, quantity, unit_price_cents) VALUES (?, 'tea', 'alpha tea', 1, 100)",
			args: [saleId],
		},
		...["auth", "refund"].map((kind) => ({
			sql: `INSERT INTO payment_operation (key, sale_id, kind, amount_cents, currency, state, created_at_ms)
				VALUES (?, ?, ?, 100, 'usd', 'succeeded', 0)`,
			args: [`sale:${saleId}:${kind}`, saleId, kind],
		})),
		{
			sql: "INSERT INTO debt (sale_id, shopper_id, amount_cents, currency, created_at_ms) VALUES (?, ?, 100, 'usd', 0)",
			args: [saleId, alpha.shopperId],
		},
	]);
}

async function deadMessage({ database, alpha }: TwoTenants) {
	const payload = { machineId: alpha.machineId, to: "pi", topic: "x", body: {}, log: null, saleId: "" };
	await database.write([
		{
			sql: `INSERT INTO outbox (kind, lane, payload, state, created_at_ms, due_at_ms)
				VALUES ('publish', 'x', ?, 'dead', 0, 0)`,
			args: [JSON.stringify(payload)],
		},
	]);
	const [row] = await database.read("SELECT MAX(id) AS id FROM outbox");
	return { id: `${row?.id}` };
}

/** Writes one row of `alpha`; `?1` is its new id, `?2` the tenant. */
async function write({ database, alpha }: TwoTenants, sql: string): Promise<{ id: string }> {
	const id = freshId();
	await database.write([{ sql, args: [id, alpha.id] }]);
	return { id };
}

function alarm(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO alarm (id, tenant_id, rule, machine_id, subject, severity, state, summary, source, details,
				opened_at_ms, noticed_at_ms)
			VALUES (?1, ?2, 'device_offline', 'alpha-fridge', ?1, 'warning', 'open', 'alpha', 'sweep', '{}', 0, 0)`,
	);
}

function material(world: TwoTenants) {
	return write(
		world,
		"INSERT INTO material (id, tenant_id, code, name, unit, created_at_ms) VALUES (?1, ?2, 'm' || lower(hex(randomblob(8))), 'alpha', 'gram', 0)",
	);
}

async function bin(world: TwoTenants) {
	const { id: materialId } = await material(world);
	const id = freshId();
	await world.database.write([
		{
			sql: `INSERT INTO bin (id, tenant_id, machine_id, name, material_id, portion, capacity, threshold)
				VALUES (?1, ?2, ?3, ?1, ?4, 1, 9, 1)`,
			args: [id, world.alpha.id, world.alpha.machineId, materialId],
		},
	]);
	return { id };
}

function recipe(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO recipe (id, tenant_id, name, steps, uses, created_at_ms)
			VALUES (?1, ?2, ?1, '[{"step":"pump","amount":9}]', '[]', 0)`,
	);
}

function recipePackage(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO recipe_package (id, tenant_id, name, version, recipes, created_at_ms)
			VALUES (?1, ?2, 'alpha ' || ?1, 1, '[]', 0)`,
	);
}

/** A machine of its own for each, for some routes take it out of service. */
async function machine({ cloud, alpha }: TwoTenants) {
	const id = `alpha-${Buffer.from(random(6)).toString("hex")}`;
	const product = { sku: "tea", name: "Tea", massMilligrams: 5_000, toleranceMilligrams: 9, priceCents: 1, shelf: 0 };
	await cloud.addMachine({
		tenantId: alpha.id,
		machineId: id,
		name: "alpha machine",
		currency: "usd",
		holdCents: 500,
		products: [product],
	});
	return { id };
}

async function device({ alpha }: TwoTenants) {
	return { id: `${alpha.machineId}-controller` };
}

function commandBatch(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO command_batch (id, tenant_id, request, requested_by, created_at_ms)
			VALUES (?1, ?2, '{"action":"reboot"}', 'alpha', 0)`,
	);
}

async function command({ database, alpha }: TwoTenants) {
	const id = freshId();
	await database.write([
		{
			sql: `INSERT INTO remote_command (id, machine_id, kind, body, state, created_at_ms, changed_at_ms)
				VALUES (?, ?, 'action', ?, 'done', 0, 0)`,
			args: [
				id,
				alpha.machineId,
				JSON.stringify({ commandId: id, action: "reboot", shelf: 0, milligrams: 0, minutes: 0 }),
			],
		},
	]);
	return { id };
}

async function artifact({ database, alpha }: TwoTenants) {
	const id = freshId();
	await database.write([
		{
			sql: `INSERT INTO ota_artifact (id, tenant_id, kind, manifest, content, created_by, created_at_ms)
				VALUES (?, ?, 'pi', ?, x'00', 'x', 0)`,
			args: [id, alpha.id, JSON.stringify(manifest)],
		},
	]);
	return { id };
}

async function campaign({ database, alpha }: TwoTenants) {
	const id = freshId();
	await database.write([
		{
			sql: `INSERT INTO ota_campaign (id, tenant_id, name, state, plan, created_by, created_at_ms)
				VALUES (?, ?, 'x', 'waiting', '{"parts":{"pi":"x"}}', 'x', 0)`,
			args: [id, alpha.id],
		},
	]);
	return { id };
}

async function planogram(world: TwoTenants) {
	const { id: machineId } = await machine(world);
	const [row] = await world.database.read("SELECT id FROM planogram WHERE machine_id = ?", [machineId]);
	return { id: String(row?.id) };
}

function route(world: TwoTenants) {
	return write(world, "INSERT INTO route (id, tenant_id, name, created_at_ms) VALUES (?1, ?2, 'alpha ' || ?1, 0)");
}

async function restockList(world: TwoTenants) {
	return write(world, "INSERT INTO restock_list (id, tenant_id, created_at_ms) VALUES (?1, ?2, 0)");
}

async function restockStop(world: TwoTenants) {
	const { id } = await restockList(world);
	const { id: productId } = await product(world);
	const machine_id = world.alpha.machineId;
	const [planned] = await world.database.read("SELECT id FROM planogram WHERE machine_id = ?", [machine_id]);
	await world.database.write([
		{
			sql: `INSERT INTO restock_line (list_id, place, machine_id, planogram_id, product_id, position, bring)
				VALUES (?, 0, ?, ?, ?, 'A1', 1)`,
			args: [id, machine_id, String(planned?.id), productId],
		},
	]);
	return { id, machine_id };
}

function product(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO product (id, tenant_id, sku, name, currency, price_cents, created_at_ms, changed_at_ms)
			VALUES (?1, ?2, ?1, 'alpha tea', 'usd', 100, 0, 0)`,
	);
}

async function scanSession(world: TwoTenants) {
	const { id } = await write(
		world,
		"INSERT INTO pos_session (id, tenant_id, status, checked_in_at_ms) VALUES (?1, ?2, 'active', 0)",
	);
	const item_id = freshId();
	const { id: productId } = await product(world);
	await world.database.write([
		{
			sql: `INSERT INTO pos_item (id, session_id, product_id, detected_name, matched_by, confidence, quantity,
					unit_price_cents, first_seen_at_ms, created_at_ms)
				VALUES (?, ?, ?, 'alpha tea', 'person', 1, 1, 100, 0, 0)`,
			args: [item_id, id, productId],
		},
	]);
	return { id, item_id };
}

async function delivery({ database, alpha }: TwoTenants) {
	const id = Math.floor(Buffer.from(random(4)).readUInt32BE() / 2);
	await database.write([
		{
			sql: `INSERT INTO delivery (id, tenant_id, kind, destination_id, message_id, subject, payload, state,
					created_at_ms, due_at_ms)
				VALUES (?1, ?2, 'webhook', ?1, ?1, 'alpha', '{}', 'dead', 0, 0)`,
			args: [id, alpha.id],
		},
	]);
	return { id: String(id) };
}

function notificationChannel(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO notification_channel (id, tenant_id, kind, name, target, minimum_severity, rules, enabled, created_at_ms)
			VALUES (?1, ?2, 'slack', 'alpha', '${JSON.stringify(target)}', 'warning', '[]', 1, 0)`,
	);
}

function webhook(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO webhook_endpoint (id, tenant_id, url, description, secret, event_types, enabled, created_at_ms)
			VALUES (?1, ?2, 'https://alpha.example/hook', 'alpha', 'whsec_YWxwaGE=', '[]', 1, 0)`,
	);
}

function reportSchedule(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO report_schedule (id, tenant_id, every, grouping, hour, time_zone, recipients, next_at_ms, created_at_ms)
			VALUES (?1, ?2, 'day', 'product', 6, 'UTC', '["owner@alpha.example"]', 9000000000000, 0)`,
	);
}

function pushSubscription(world: TwoTenants) {
	return write(
		world,
		`INSERT INTO push_subscription (id, tenant_id, shopper_id, endpoint, p256dh, auth, created_at_ms)
			VALUES (?1, ?2, 'alpha-ada', ?1, 'x', 'x', 0)`,
	);
}

async function location({ database, alpha }: TwoTenants) {
	const id = freshId();
	await database.write([
		{
			sql: "INSERT INTO location (id, tenant_id, name, created_at_ms) VALUES (?1, ?2, 'alpha ' || ?1, 0)",
			args: [id, alpha.id],
		},
	]);
	return { id };
}

async function user({ database, alpha }: TwoTenants) {
	const id = freshId();
	await database.write([
		{
			sql: `INSERT INTO user (id, tenant_id, email, name, role, created_at_ms)
				VALUES (?1, ?2, ?1 || '@alpha.example', 'alpha', 'viewer', 0)`,
			args: [id, alpha.id],
		},
	]);
	return { id };
}

async function apiKey({ database, alpha }: TwoTenants) {
	const id = freshId();
	await database.write([
		{
			sql: `INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, created_at_ms)
				VALUES (?, ?, 'x', 'alpha key', '["sales:read"]', 0)`,
			args: [id, alpha.id],
		},
	]);
	return { id };
}

async function chargeback(world: TwoTenants) {
	const { id: saleId } = await sale(world);
	const id = freshId();
	await world.database.write([
		{
			sql: `INSERT INTO chargeback (id, sale_id, reason, status, evidence, opened_at_ms)
				VALUES (?, ?, 'fraudulent', 'needs_response', '{}', 0)`,
			args: [id, saleId],
		},
	]);
	return { id };
}

async function sale({ database, alpha }: TwoTenants) {
	await database.write([
		{
			sql: `INSERT OR IGNORE INTO sale (id, tenant_id, machine_id, shopper_id, state, version, cause, currency, hold_cents,
					language, products, requested_at_ms, unlock_deadline_ms, machine_busy, shopper_busy)
				VALUES ('alpha-sale', ?, ?, ?, 'cancelled', 1, 'never_opened', 'usd', 500, 'en', '[]', 0, 0, 0, 0)`,
			args: [alpha.id, alpha.machineId, alpha.shopperId],
		},
	]);
	return { id: "alpha-sale" };
}

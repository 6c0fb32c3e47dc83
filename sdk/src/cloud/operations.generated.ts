// Written by `npm run cloud-client` from cloud-lite/openapi.json.

/** What each operation of the cloud takes and answers, by method and path. */
export interface Operations {
	/** Alarms, newest first */
	"GET /api/v1/alarms": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; state?: "open" | "acknowledged" | "resolved" | undefined; rule?: "database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature" | undefined; severity?: "info" | "warning" | "critical" | undefined; machine_id?: string | undefined } }; answer: { ok: true; data: Alarm[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** One alarm */
	"GET /api/v1/alarms/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Alarm } };
	/** Take an alarm on */
	"POST /api/v1/alarms/{id}/acknowledge": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body?: { note?: string | undefined } }; answer: { ok: true; data: Alarm } };
	/** End an alarm */
	"POST /api/v1/alarms/{id}/resolve": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body?: { note?: string | undefined } }; answer: { ok: true; data: Alarm } };
	/** The rules that open alarms */
	"GET /api/v1/alert-rules": { request: Record<never, never>; answer: { ok: true; data: AlertRule[] } };
	/** Change a rule, for all machines or for one */
	"PUT /api/v1/alert-rules/{rule}": { request: { path: { rule: "database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature" }; query?: { machine_id?: string | undefined }; body: { enabled: boolean; threshold: number; withinMs: number; severity: "info" | "warning" | "critical"; repeatMs: number } }; answer: { ok: true; data: AlertRule } };
	/** Back to the defaults, for all machines or for one */
	"DELETE /api/v1/alert-rules/{rule}": { request: { path: { rule: "database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature" }; query?: { machine_id?: string | undefined } }; answer: { ok: true; data: AlertRule[] } };
	/** API keys */
	"GET /api/v1/api-keys": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: ApiKey[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Make an API key */
	"POST /api/v1/api-keys": { request: { headers?: { "idempotency-key"?: string | undefined }; body: ApiKeyWish }; answer: { ok: true; data: NewApiKey } };
	/** Revoke an API key */
	"DELETE /api/v1/api-keys/{id}": { request: { path: { id: string } }; answer: { ok: true; data: ApiKey } };
	/** Replace an API key */
	"POST /api/v1/api-keys/{id}/rotate": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: NewApiKey } };
	/** Who did what */
	"GET /api/v1/audit": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; actorId?: string | undefined } }; answer: { ok: true; data: AuditEntry[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Is the record whole */
	"GET /api/v1/audit/check": { request: Record<never, never>; answer: { ok: true; data: AuditCheck } };
	/** Replace a device's key */
	"POST /api/v1/auth/device-key/rotate": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: NewApiKey } };
	/** A short-lived token for a device */
	"POST /api/v1/auth/device-token": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { access_token: string; token_type: "Bearer"; expires_in: number } } };
	/** Log in, for programs */
	"POST /api/v1/auth/login": { request: { body: { email: string; password: string } }; answer: { ok: true; data: TokenPair } };
	/** Log out */
	"POST /api/v1/auth/logout": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { loggedOut: true } } };
	/** Log in, for pages */
	"POST /api/v1/auth/page-login": { request: { body: { email: string; password: string } }; answer: { ok: true; data: { csrfToken: string } } };
	/** Change your password */
	"POST /api/v1/auth/password": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { current: string; next: string } }; answer: { ok: true; data: { changed: true } } };
	/** Who you are */
	"GET /api/v1/auth/profile": { request: Record<never, never>; answer: { ok: true; data: Profile } };
	/** Exchange a refresh token */
	"POST /api/v1/auth/refresh": { request: { body: { refreshToken: string } }; answer: { ok: true; data: TokenPair } };
	/** Bins of coffee machines, and what should be left in them */
	"GET /api/v1/bins": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; machine_id?: string | undefined; low?: "true" | undefined } }; answer: { ok: true; data: Bin[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** A bin was filled */
	"POST /api/v1/bins/{id}/fill": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body?: { level?: number | undefined } }; answer: { ok: true; data: Bin } };
	/** Payments that card holders' banks question */
	"GET /api/v1/chargebacks": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Chargeback[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Hand in the evidence of a chargeback */
	"POST /api/v1/chargebacks/{id}/submit": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Chargeback } };
	/** Goods came into the store */
	"POST /api/v1/checkout/restock/{id}": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { quantity: number } }; answer: { ok: true; data: InventoryItem } };
	/** Make the bill */
	"POST /api/v1/checkout/{session_id}": { request: { path: { session_id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Bill } };
	/** Ask many machines for the same */
	"POST /api/v1/command-batches": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { action: "reboot" | "service-start" | "service-end" | "tare" | "calibrate" | "diagnose" | "identify" | "clear-food-lock" | "refill"; shelf?: number | undefined; milligrams?: number | undefined; minutes?: number | undefined; expiresInSeconds?: number | undefined; deviceIds?: string[] | undefined; filter?: { query?: string | undefined; model?: string | undefined; status?: "online" | "offline" | "maintenance" | "decommissioned" | undefined } | undefined } }; answer: { ok: true; data: CommandBatch } };
	/** How far the commands of a batch have come */
	"GET /api/v1/command-batches/{id}": { request: { path: { id: string } }; answer: { ok: true; data: CommandBatch } };
	/** How far a command has come */
	"GET /api/v1/commands/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Command } };
	/** Key figures, trends and what needs somebody */
	"GET /api/v1/dashboard/summary": { request: { query?: { from?: string | undefined; to?: string | undefined; time_zone?: string | undefined; merchant_id?: string | undefined } }; answer: { ok: true; data: DashboardSummary } };
	/** Messages to machines that were given up */
	"GET /api/v1/dead-messages": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: DeadMessage[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Send such a message after all */
	"POST /api/v1/dead-messages/{id}/replay": { request: { path: { id: number }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { id: number } } };
	/** What I still owe */
	"GET /api/v1/debts": { request: Record<never, never>; answer: { ok: true; data: { saleId: string; amountCents: number; currency: string; createdAt: string }[] } };
	/** Pay what I owe with my saved card */
	"POST /api/v1/debts/{id}/pay": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { status: "paying" } } };
	/** What went out, and what could not */
	"GET /api/v1/deliveries": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; state?: "pending" | "delivered" | "dead" | undefined; destination_id?: string | undefined } }; answer: { ok: true; data: Delivery[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Send once more what has ended, with the same message id */
	"POST /api/v1/deliveries/{id}/replay": { request: { path: { id: number }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { id: number } } };
	/** Your devices */
	"GET /api/v1/devices": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; query?: string | undefined; merchant_id?: string | undefined; model?: string | undefined; status?: "online" | "offline" | "maintenance" | "decommissioned" | undefined } }; answer: { ok: true; data: Device[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Become the machine of a QR code */
	"POST /api/v1/devices/register": { request: { body: { claim: string; wifiPassword?: string | undefined } }; answer: { ok: true; data: { machineId: string; files: { controller: Record<string, unknown>; pi: Record<string, unknown> | null }; apiKey: string; mqtt: { username: string; password: string } } } };
	/** One device */
	"GET /api/v1/devices/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Device } };
	/** Ask a machine for something */
	"POST /api/v1/devices/{id}/commands": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { action: "reboot" | "service-start" | "service-end" | "tare" | "calibrate" | "diagnose" | "identify" | "clear-food-lock" | "refill"; shelf?: number | undefined; milligrams?: number | undefined; minutes?: number | undefined; expiresInSeconds?: number | undefined } }; answer: { ok: true; data: Command } };
	/** What was asked of a machine, newest first */
	"GET /api/v1/devices/{id}/commands": { request: { path: { id: string }; query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Command[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** A device tells what happened */
	"POST /api/v1/devices/{id}/logs": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { entries: { level: "debug" | "info" | "warn" | "error"; event: string; detail?: string | undefined }[] } }; answer: { ok: true; data: { stored: number } } };
	/** What a device told, newest first */
	"GET /api/v1/devices/{id}/logs": { request: { path: { id: string }; query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; level?: "debug" | "info" | "warn" | "error" | undefined; event?: string | undefined } }; answer: { ok: true; data: { at: string; level: string; event: string; detail: string; seq: number | null }[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Order goods of a machine */
	"POST /api/v1/devices/{id}/orders/create": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { items: { productId: string; quantity: number }[]; customerName?: string | undefined; customerPhone?: string | undefined } }; answer: { ok: true; data: { order: Order; checkout: Checkout & unknown } } };
	/** A device says how it is */
	"POST /api/v1/devices/{id}/status": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { firmware?: string | undefined; diagnostics?: { uptimeMs?: number | undefined; memoryFreeBytes?: number | undefined; diskFreeBytes?: number | undefined; temperatureCentidegrees?: number | undefined; signalDbm?: number | undefined; framesPerSecond?: number | undefined; faults?: string[] | undefined; versions?: Record<string, string> | undefined } | undefined } }; answer: { ok: true; data: Device } };
	/** A device, how it came and went, and what was asked of it */
	"GET /api/v1/devices/{id}/summary": { request: { path: { id: string } }; answer: { ok: true; data: { device: Device; health: Record<string, unknown> | null; changes: { status: string; at: string }[]; commands: Command[] } } };
	/** Payments that card holders' banks question */
	"GET /api/v1/disputes": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Chargeback[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Hand in the evidence of a chargeback */
	"POST /api/v1/disputes/{id}/submit": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Chargeback } };
	/** Orders as CSV */
	"GET /api/v1/exports/orders": { request: { query?: { from?: string | undefined; to?: string | undefined; device_id?: string | undefined; payment_method?: "card" | "none" | undefined; status?: "open" | "paid" | "cancelled" | "review" | "underpaid" | "part_refunded" | "refunded" | "disputed" | undefined; query?: string | undefined } }; answer: string };
	/** The catalogue as CSV */
	"GET /api/v1/exports/products": { request: Record<never, never>; answer: string };
	/** Paid sales as CSV: every line, or a report */
	"GET /api/v1/exports/sales": { request: { query?: { from?: string | undefined; to?: string | undefined; time_zone?: string | undefined; by?: "line" | "day" | "machine" | "product" | undefined } }; answer: string };
	/** How the service and its devices are */
	"GET /api/v1/health": { request: Record<never, never>; answer: { ok: true; data: PlatformHealth } };
	/** Add and rename materials by CSV */
	"POST /api/v1/imports/materials": { request: { query?: { dry_run?: "true" | "false" | undefined }; headers?: { "idempotency-key"?: string | undefined }; type: "text/csv"; body: string }; answer: { ok: true; data: { dryRun: boolean; added: string[]; changed: string[]; errors: { row: number; message: string }[] } } };
	/** Add and change products by CSV */
	"POST /api/v1/imports/products": { request: { query?: { dry_run?: "true" | "false" | undefined }; headers?: { "idempotency-key"?: string | undefined }; type: "text/csv"; body: string }; answer: { ok: true; data: { dryRun: boolean; added: string[]; changed: string[]; unchanged: string[]; errors: { row: number; column: "sku" | "name" | "category" | "price" | "currency" | "aliases" | "mass_grams" | "tolerance_grams" | "low_at" | "stock" | null; message: string }[] } } };
	/** What the store has */
	"GET /api/v1/inventory": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; query?: string | undefined; category?: string | undefined } }; answer: { ok: true; data: InventoryItem[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a product with its stock */
	"POST /api/v1/inventory": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { sku: string; name: string; category?: string | undefined; price: number | string; stock?: number | undefined; aliases?: string[] | undefined; currency?: string | undefined } }; answer: { ok: true; data: InventoryItem } };
	/** One product with its stock */
	"GET /api/v1/inventory/{id}": { request: { path: { id: string } }; answer: { ok: true; data: InventoryItem } };
	/** Change a product or its stock */
	"PUT /api/v1/inventory/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { sku?: string | undefined; name?: string | undefined; category?: string | undefined; price?: number | string | undefined; stock?: number | undefined; aliases?: string[] | undefined } }; answer: { ok: true; data: InventoryItem } };
	/** What is under way over many machines, and how far it has come */
	"GET /api/v1/jobs": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; state?: "waiting" | "running" | "stopped" | "done" | undefined } }; answer: { ok: true; data: Job[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Locations */
	"GET /api/v1/locations": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Location[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a location */
	"POST /api/v1/locations": { request: { headers?: { "idempotency-key"?: string | undefined }; body: NewLocation }; answer: { ok: true; data: Location } };
	/** One location */
	"GET /api/v1/locations/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Location } };
	/** Change a location */
	"PATCH /api/v1/locations/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: LocationChange }; answer: { ok: true; data: Location } };
	/** Remove a location */
	"DELETE /api/v1/locations/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined } }; answer: { ok: true; data: Location } };
	/** Lots of which something should be left, by expiry */
	"GET /api/v1/lots": { request: { query?: { expires_by?: string | undefined } }; answer: { ok: true; data: Lot[] } };
	/** A lot has come */
	"POST /api/v1/lots": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { productId: string; machineId?: string | null | undefined; code: string; expiresOn: string; quantity: number } }; answer: { ok: true; data: { id: string } } };
	/** Keep a configuration for new machines */
	"POST /api/v1/machine-templates": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { name: string; config: MachineConfig } }; answer: { ok: true; data: MachineTemplate } };
	/** Your templates */
	"GET /api/v1/machine-templates": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: MachineTemplate[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Your machines */
	"GET /api/v1/machines": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Machine[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Bring a machine in */
	"POST /api/v1/machines/onboard": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { machine: { id?: string | undefined; name: string; kind?: "fridge" | "vending" | "coffee" | undefined; currency?: string | undefined; holdCents?: number | undefined; locationId?: string | undefined }; templateId?: string | undefined; network: { via?: "pi" | "wifi" | "lte" | undefined; wifi?: { ssid: string; password?: string | undefined } | undefined; lte?: { apn: string } | undefined; mqtt: { host: string; port?: number | undefined; tls?: boolean | undefined; caFile?: string | undefined } }; inventory: { sku: string; name: string; massMilligrams: number; toleranceMilligrams: number; priceCents: number; shelf: number }[] } }; answer: { ok: true; data: { machine: Machine; claim: Claim; files: { controller: Record<string, unknown>; pi: Record<string, unknown> | null }; apiKey: string; mqtt: { username: string; password: string } } } };
	/** One machine */
	"GET /api/v1/machines/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Machine } };
	/** Name, place and maintenance of a machine */
	"PATCH /api/v1/machines/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { name?: string | undefined; locationId?: string | null | undefined; maintenance?: boolean | undefined } }; answer: { ok: true; data: Machine } };
	/** Say what a machine's bins hold */
	"PUT /api/v1/machines/{id}/bins": { request: { path: { id: string }; body: { bins: { name: string; material: string; portion: number; capacity: number; threshold: number }[] } }; answer: { ok: true; data: Bin[] } };
	/** What a machine shall be like */
	"GET /api/v1/machines/{id}/config": { request: { path: { id: string } }; answer: { ok: true; data: MachineConfigVersion } };
	/** Change what a machine shall be like */
	"PUT /api/v1/machines/{id}/config": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: MachineConfig }; answer: { ok: true; data: MachineConfigVersion } };
	/** Take a machine out of service for good */
	"DELETE /api/v1/machines/{id}/decommission": { request: { path: { id: string } }; answer: { ok: true; data: Machine } };
	/** Audit data of a machine in EVA-DTS form */
	"GET /api/v1/machines/{id}/eva-dts": { request: { path: { id: string } }; answer: string };
	/** Read a machine's audit data */
	"POST /api/v1/machines/{id}/eva-dts": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: string };
	/** Give a machine new keys */
	"POST /api/v1/machines/{id}/key-rotations": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { deadlineHours?: number | undefined; revokeUntaken?: boolean | undefined; reason?: string | undefined } }; answer: { ok: true; data: KeyRotation } };
	/** When a machine got new keys, the newest first */
	"GET /api/v1/machines/{id}/key-rotations": { request: { path: { id: string }; query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: KeyRotation[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** A new QR code for the devices of a machine */
	"POST /api/v1/machines/{id}/provision-device": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Claim } };
	/** How a machine is */
	"GET /api/v1/machines/{id}/status": { request: { path: { id: string } }; answer: { ok: true; data: MachineStatus } };
	/** What a machine measured */
	"GET /api/v1/machines/{id}/telemetry": { request: { path: { id: string }; query: { metric: string; span?: "message" | "minute" | "hour" | "day" | undefined; from?: string | undefined; to?: string | undefined } }; answer: { ok: true; data: Series } };
	/** What drinks are made of */
	"GET /api/v1/materials": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Material[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a material */
	"POST /api/v1/materials": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { code: string; name: string; unit: "gram" | "millilitre" | "piece" } }; answer: { ok: true; data: Material } };
	/** Rename a material */
	"PATCH /api/v1/materials/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { name: string } }; answer: { ok: true; data: Material } };
	/** Remove a material that nothing uses */
	"DELETE /api/v1/materials/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Material } };
	/** Who you are */
	"GET /api/v1/me": { request: Record<never, never>; answer: { ok: true; data: Profile } };
	/** Where alarms go */
	"GET /api/v1/notification-channels": { request: Record<never, never>; answer: { ok: true; data: NotificationChannel[] } };
	/** Send alarms to Slack, PagerDuty, telephones or mailboxes */
	"POST /api/v1/notification-channels": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { name: string; target: { kind: "slack"; url: string } | { kind: "pagerduty"; routingKey: string } | { kind: "sms"; numbers: string[] } | { kind: "email"; addresses: string[] }; minimumSeverity?: "info" | "warning" | "critical" | undefined; rules?: ("database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature")[] | undefined; enabled?: boolean | undefined } }; answer: { ok: true; data: NotificationChannel } };
	/** Change a channel */
	"PUT /api/v1/notification-channels/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { name: string; target: { kind: "slack"; url: string } | { kind: "pagerduty"; routingKey: string } | { kind: "sms"; numbers: string[] } | { kind: "email"; addresses: string[] }; minimumSeverity?: "info" | "warning" | "critical" | undefined; rules?: ("database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature")[] | undefined; enabled?: boolean | undefined } }; answer: { ok: true; data: NotificationChannel } };
	/** Remove a channel */
	"DELETE /api/v1/notification-channels/{id}": { request: { path: { id: string } }; answer: { ok: true; data: { id: string } } };
	/** Send a test notice */
	"POST /api/v1/notification-channels/{id}/test": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { messageId: string } } };
	/** Orders, newest first */
	"GET /api/v1/orders": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; from?: string | undefined; to?: string | undefined; device_id?: string | undefined; payment_method?: "card" | "none" | undefined; status?: "open" | "paid" | "cancelled" | "review" | "underpaid" | "part_refunded" | "refunded" | "disputed" | undefined; query?: string | undefined } }; answer: { ok: true; data: Order[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** One order */
	"GET /api/v1/orders/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Order } };
	/** What an order was decided from */
	"GET /api/v1/orders/{id}/evidence": { request: { path: { id: string } }; answer: { ok: true; data: Evidence } };
	/** Write off what a shopper owes */
	"POST /api/v1/orders/{id}/forgive_debt": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { note?: string | undefined } }; answer: { ok: true; data: Order } };
	/** Give money back */
	"POST /api/v1/orders/{id}/manual_refund": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { amountCents?: number | undefined; reason: string } }; answer: { ok: true; data: Order } };
	/** Decide an order in review */
	"POST /api/v1/orders/{id}/resolve": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { items: { sku: string; quantity: number }[]; note?: string | undefined } }; answer: { ok: true; data: Order } };
	/** Announce something to update with */
	"POST /api/v1/ota/artifacts": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { kind: "controller" | "pi" | "model"; manifest: { product: string; hardware: string; version: string; floor: number; byteLength: number; sha256: string; signature: string } } }; answer: { ok: true; data: Artifact } };
	/** What there is to update with */
	"GET /api/v1/ota/artifacts": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Artifact[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** The content of an artifact */
	"PUT /api/v1/ota/artifacts/{id}/content": { request: { path: { id: string }; type: "application/octet-stream"; body: Uint8Array<ArrayBuffer> }; answer: { ok: true; data: Artifact } };
	/** Fetch an artifact */
	"GET /api/v1/ota/artifacts/{id}/content": { request: { path: { id: string } }; answer: Uint8Array<ArrayBuffer> };
	/** Plan a campaign */
	"POST /api/v1/ota/campaigns": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { name: string; plan: CampaignPlan } }; answer: { ok: true; data: Campaign } };
	/** Your campaigns */
	"GET /api/v1/ota/campaigns": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Campaign[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** How a campaign stands */
	"GET /api/v1/ota/campaigns/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Campaign } };
	/** Let a campaign begin */
	"POST /api/v1/ota/campaigns/{id}/approve": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Campaign } };
	/** Stop a campaign */
	"POST /api/v1/ota/campaigns/{id}/stop": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Campaign } };
	/** How each machine of a campaign stands */
	"GET /api/v1/ota/campaigns/{id}/targets": { request: { path: { id: string }; query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: { machineId: string; ring: number; state: "waiting" | "offered" | "done" | "failed"; reason: string }[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** What a Pi shall fetch and install */
	"GET /api/v1/ota/desired": { request: Record<never, never>; answer: { ok: true; data: { campaignId: string; part: "pi" | "model"; artifactId: string; manifest: { product: string; hardware: string; version: string; floor: number; byteLength: number; sha256: string; signature: string } }[] } };
	/** A Pi says what became of an update */
	"POST /api/v1/ota/reports": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { artifactId: string; outcome: "done" | "failed"; reason?: string | undefined } }; answer: { ok: true; data: { expected: boolean } } };
	/** Money held, taken and let go, the newest first */
	"GET /api/v1/payments": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; order_id?: string | undefined; state?: "pending" | "succeeded" | "failed" | undefined } }; answer: { ok: true; data: Payment[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Planograms, the newest first */
	"GET /api/v1/planograms": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; machine_id?: string | undefined; state?: "draft" | "active" | "retired" | undefined } }; answer: { ok: true; data: { id: string; machineId: string; number: number; state: "draft" | "active" | "retired"; createdAt: string; appliedAt: string | null }[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Plan a machine anew */
	"POST /api/v1/planograms": { request: { headers?: { "idempotency-key"?: string | undefined; "if-match"?: string | undefined }; body: { machineId: string; slots: { position: string; sku: string; shelf: number; capacity?: number | null | undefined; par?: number | null | undefined; lowAt?: number | null | undefined; priceCents?: number | null | undefined; massMilligrams?: number | null | undefined; toleranceMilligrams?: number | null | undefined }[] } }; answer: { ok: true; data: Planogram } };
	/** One planogram with its slots */
	"GET /api/v1/planograms/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Planogram } };
	/** The machine was filled by this draft */
	"POST /api/v1/planograms/{id}/apply": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: Planogram } };
	/** Products */
	"GET /api/v1/products": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; query?: string | undefined; category?: string | undefined; active?: "true" | "false" | undefined } }; answer: { ok: true; data: Product[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a product */
	"POST /api/v1/products": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { sku: string; name: string; category?: string | undefined; aliases?: string[] | undefined; priceCents: number; massMilligrams?: number | null | undefined; toleranceMilligrams?: number | null | undefined; lowAt?: number | null | undefined; currency?: string | undefined } }; answer: { ok: true; data: Product } };
	/** One product */
	"GET /api/v1/products/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Product } };
	/** Change a product */
	"PATCH /api/v1/products/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { sku?: string | undefined; name?: string | undefined; category?: string | undefined; aliases?: string[] | undefined; priceCents?: number | undefined; massMilligrams?: number | null | undefined; toleranceMilligrams?: number | null | undefined; lowAt?: number | null | undefined; active?: boolean | undefined } }; answer: { ok: true; data: Product } };
	/** Take a product out of the catalogue */
	"DELETE /api/v1/products/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined } }; answer: { ok: true; data: Product } };
	/** Give a product a picture */
	"PUT /api/v1/products/{id}/image": { request: { path: { id: string }; type: string; body: Uint8Array<ArrayBuffer> }; answer: { ok: true; data: { imageUrl: string } } };
	/** A product's picture */
	"GET /api/v1/products/{id}/image": { request: { path: { id: string } }; answer: Uint8Array<ArrayBuffer> };
	/** The key that a page subscribes with */
	"GET /api/v1/push/key": { request: Record<never, never>; answer: { ok: true; data: { publicKey: string } } };
	/** Show receipts on this phone */
	"POST /api/v1/push/subscriptions": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { endpoint: string; keys: { p256dh: string; auth: string } } }; answer: { ok: true; data: { id: string } } };
	/** No receipts on this phone any more */
	"DELETE /api/v1/push/subscriptions/{id}": { request: { path: { id: string } }; answer: { ok: true; data: { id: string } } };
	/** Which packages went where, the newest first */
	"GET /api/v1/recipe-deployments": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; machine_id?: string | undefined } }; answer: { ok: true; data: RecipeDeployment[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Packages of recipes, the newest first */
	"GET /api/v1/recipe-packages": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: RecipePackage[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Pack recipes as they are now */
	"POST /api/v1/recipe-packages": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { name: string; recipes: { number: number; recipeId: string }[] } }; answer: { ok: true; data: RecipePackage } };
	/** One package */
	"GET /api/v1/recipe-packages/{id}": { request: { path: { id: string } }; answer: { ok: true; data: RecipePackage } };
	/** Deploy a package to a machine */
	"POST /api/v1/recipe-packages/{id}/deployments": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { machineId: string } }; answer: { ok: true; data: { id: string } } };
	/** The JSON schema of a recipe */
	"GET /api/v1/recipe-schema": { request: Record<never, never>; answer: { ok: true; data: Record<string, unknown> } };
	/** Recipes */
	"GET /api/v1/recipes": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Recipe[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a recipe */
	"POST /api/v1/recipes": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { name: string; steps: { step: "grind" | "heat" | "pump" | "pause"; amount: number }[]; uses: { material: string; portions: number }[] } }; answer: { ok: true; data: Recipe } };
	/** Change a recipe */
	"PUT /api/v1/recipes/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { name: string; steps: { step: "grind" | "heat" | "pump" | "pause"; amount: number }[]; uses: { material: string; portions: number }[] } }; answer: { ok: true; data: Recipe } };
	/** Remove a recipe */
	"DELETE /api/v1/recipes/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Recipe } };
	/** What does not fit between ledger and provider */
	"GET /api/v1/reconciliation/findings": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; open?: "true" | "false" | undefined } }; answer: { ok: true; data: Finding[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Compare ledger and provider now */
	"POST /api/v1/reconciliation/runs": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { findings: number } } };
	/** Money given back, the newest first */
	"GET /api/v1/refunds": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; order_id?: string | undefined; state?: "pending" | "succeeded" | "failed" | undefined } }; answer: { ok: true; data: Payment[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Reports that are sent by letter */
	"GET /api/v1/report-schedules": { request: Record<never, never>; answer: { ok: true; data: ReportSchedule[] } };
	/** Send a sales report every day, week or month */
	"POST /api/v1/report-schedules": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { every: "day" | "week" | "month"; by?: "day" | "machine" | "product" | undefined; hour?: number | undefined; timeZone?: string | undefined; recipients: string[] } }; answer: { ok: true; data: ReportSchedule } };
	/** Send it no more */
	"DELETE /api/v1/report-schedules/{id}": { request: { path: { id: string } }; answer: { ok: true; data: { id: string } } };
	/** Send the last finished period now */
	"POST /api/v1/report-schedules/{id}/send": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { id: string } } };
	/** Paid sales by day, machine or product */
	"GET /api/v1/reports/sales": { request: { query?: { from?: string | undefined; to?: string | undefined; time_zone?: string | undefined; by?: "day" | "machine" | "product" | undefined } }; answer: { ok: true; data: { from: string; to: string; by: "day" | "machine" | "product"; rows: SalesReportRow[] } } };
	/** Restock lists, the newest first */
	"GET /api/v1/restock-lists": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: { id: string; routeId: string | null; createdAt: string }[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Plan what to bring */
	"POST /api/v1/restock-lists": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { routeId: string } | { machineIds: string[] } }; answer: { ok: true; data: RestockList } };
	/** One restock list */
	"GET /api/v1/restock-lists/{id}": { request: { path: { id: string } }; answer: { ok: true; data: RestockList } };
	/** A machine was filled */
	"POST /api/v1/restock-lists/{id}/machines/{machine_id}/fill": { request: { path: { id: string; machine_id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { lines: { productId: string; counted?: number | undefined; put: number; lot?: { code: string; expiresOn: string } | undefined }[] } }; answer: { ok: true; data: RestockList } };
	/** Routes */
	"GET /api/v1/routes": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Route[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a route */
	"POST /api/v1/routes": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { name: string; machineIds: string[] } }; answer: { ok: true; data: Route } };
	/** Change a route */
	"PUT /api/v1/routes/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { name: string; machineIds: string[] } }; answer: { ok: true; data: Route } };
	/** One sale */
	"GET /api/v1/sales/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Sale } };
	/** Object to a price */
	"POST /api/v1/sales/{id}/dispute": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { reason: string } }; answer: { ok: true; data: { status: "review" } } };
	/** The receipt of a paid sale */
	"GET /api/v1/sales/{id}/receipt": { request: { path: { id: string } }; answer: { ok: true; data: Receipt } };
	/** Begin to scan */
	"POST /api/v1/sessions/start": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: ScanSession } };
	/** One session */
	"GET /api/v1/sessions/{id}": { request: { path: { id: string } }; answer: { ok: true; data: ScanSession } };
	/** End without a bill */
	"POST /api/v1/sessions/{id}/end": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: ScanSession } };
	/** What was scanned */
	"GET /api/v1/sessions/{id}/items": { request: { path: { id: string } }; answer: { ok: true; data: ScanItem[] } };
	/** Say what an unmatched item is */
	"PUT /api/v1/sessions/{id}/items/{item_id}": { request: { path: { id: string; item_id: string }; body: { inventory_id: string } }; answer: { ok: true; data: ScanItem } };
	/** Take an item off the bill */
	"DELETE /api/v1/sessions/{id}/items/{item_id}": { request: { path: { id: string; item_id: string } }; answer: { ok: true; data: ScanItem } };
	/** Something was seen */
	"POST /api/v1/sessions/{id}/scan": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { detected_name: string; confidence: number } }; answer: { ok: true; data: ScanItem } };
	/** What is in a picture */
	"POST /api/v1/sessions/{id}/scan/detect-from-image": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { image_base64: string } }; answer: { ok: true; data: { results: { inventory_id: string | null; name: string; sku: string | null; confidence: number; quantity: number; matched_from: string }[]; processing_time_ms: number; model_used: string } } };
	/** The spreadsheet that is connected, and whom to share it with */
	"GET /api/v1/sheets/link": { request: Record<never, never>; answer: { ok: true; data: SheetLink } };
	/** Connect a spreadsheet */
	"PUT /api/v1/sheets/link": { request: { body: { spreadsheet: string; currency: string; enabled?: boolean | undefined } }; answer: { ok: true; data: SheetLink } };
	/** Disconnect the spreadsheet; it stays as it is */
	"DELETE /api/v1/sheets/link": { request: Record<never, never>; answer: { ok: true; data: SheetLink } };
	/** Synchronise now, or see what it would do */
	"POST /api/v1/sheets/sync": { request: { query?: { dry_run?: "true" | "false" | undefined }; headers?: { "idempotency-key"?: string | undefined }; body?: { resolve?: { key: string; field: string; winner: "sheet" | "ours" }[] | undefined } }; answer: { ok: true; data: SheetSyncReport } };
	/** A short-lived token for a shopper's phone */
	"POST /api/v1/shoppers/{id}/token": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { accessToken: string; tokenType: "Bearer"; expiresIn: number } } };
	/** What is where, and how long it lasts */
	"GET /api/v1/stock": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; machine_id?: string | undefined; place?: "store" | "machines" | undefined; low?: "true" | undefined } }; answer: { ok: true; data: StockLevel[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** What became low or was filled, the newest first */
	"GET /api/v1/stock/events": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: { id: number; kind: "low" | "filled"; productId: string; machineId: string | null; quantity: number; lowAt: number; at: string }[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Count, restock, waste, adjust: many at once */
	"POST /api/v1/stock/movements": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { movements: { reason: "count"; productId: string; machineId?: string | null | undefined; counted: number; note?: string | undefined } | { reason: "restock" | "return"; productId: string; machineId?: string | null | undefined; change: number; note?: string | undefined } | { reason: "waste"; productId: string; machineId?: string | null | undefined; change: number; note?: string | undefined } | { reason: "adjust" | "transfer"; productId: string; machineId?: string | null | undefined; change: number; note?: string | undefined }[] } }; answer: { ok: true; data: { written: number } } };
	/** How goods came and went, the newest first */
	"GET /api/v1/stock/movements": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; product_id?: string | undefined; machine_id?: string | undefined; reason?: "sale" | "restock" | "count" | "adjust" | "waste" | "transfer" | "return" | undefined } }; answer: { ok: true; data: StockMovement[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Your tenant */
	"GET /api/v1/tenant": { request: Record<never, never>; answer: { ok: true; data: Tenant } };
	/** Change your tenant */
	"PATCH /api/v1/tenant": { request: { headers?: { "if-match"?: string | undefined }; body: TenantChange }; answer: { ok: true; data: Tenant } };
	/** Everything that you have here, as one SQLite file */
	"GET /api/v1/tenant/export": { request: Record<never, never>; answer: Uint8Array<ArrayBuffer> };
	/** All tenants */
	"GET /api/v1/tenants": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: Tenant[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a tenant */
	"POST /api/v1/tenants": { request: { headers?: { "idempotency-key"?: string | undefined }; body: NewTenant }; answer: { ok: true; data: ProvisionedTenant } };
	/** One tenant */
	"GET /api/v1/tenants/{id}": { request: { path: { id: string } }; answer: { ok: true; data: Tenant } };
	/** Change a tenant's subscription */
	"PATCH /api/v1/tenants/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: TenantSubscriptionChange }; answer: { ok: true; data: Tenant } };
	/** People */
	"GET /api/v1/users": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined } }; answer: { ok: true; data: User[]; meta: { nextCursor: string | null; page?: number | undefined; total?: number | undefined } } };
	/** Add a person */
	"POST /api/v1/users": { request: { headers?: { "idempotency-key"?: string | undefined }; body: NewUser }; answer: { ok: true; data: User } };
	/** One person */
	"GET /api/v1/users/{id}": { request: { path: { id: string } }; answer: { ok: true; data: User } };
	/** Change a person */
	"PATCH /api/v1/users/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: UserChange }; answer: { ok: true; data: User } };
	/** Let a person go */
	"DELETE /api/v1/users/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined } }; answer: { ok: true; data: User } };
	/** Your webhooks */
	"GET /api/v1/webhooks": { request: Record<never, never>; answer: { ok: true; data: WebhookEndpoint[] } };
	/** Tell a program what happens */
	"POST /api/v1/webhooks": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { url: string; description?: string | undefined; eventTypes?: ("sale.authorised" | "sale.opened" | "sale.closed" | "sale.captured" | "sale.cancelled" | "sale.review" | "alarm.opened" | "alarm.acknowledged" | "alarm.resolved" | "sale.*" | "alarm.*")[] | undefined; enabled?: boolean | undefined } }; answer: { ok: true; data: WebhookEndpointWithSecret } };
	/** Change a webhook, or switch it on again */
	"PUT /api/v1/webhooks/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { url: string; description?: string | undefined; eventTypes?: ("sale.authorised" | "sale.opened" | "sale.closed" | "sale.captured" | "sale.cancelled" | "sale.review" | "alarm.opened" | "alarm.acknowledged" | "alarm.resolved" | "sale.*" | "alarm.*")[] | undefined; enabled?: boolean | undefined } }; answer: { ok: true; data: WebhookEndpoint } };
	/** Remove a webhook */
	"DELETE /api/v1/webhooks/{id}": { request: { path: { id: string } }; answer: { ok: true; data: { id: string } } };
	/** Make a new secret */
	"POST /api/v1/webhooks/{id}/rotate-secret": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined; "if-match"?: string | undefined } }; answer: { ok: true; data: WebhookEndpointWithSecret } };
	/** Send an event of type test */
	"POST /api/v1/webhooks/{id}/test": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: { ok: true; data: { messageId: string } } };
	/** A short-lived token for a device */
	"POST /auth/device-token": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { access_token: string; token_type: "Bearer"; expires_in: number } };
	/** Log in, for programs */
	"POST /auth/login": { request: { body: { email: string; password: string } }; answer: TokenPair };
	/** Log out */
	"POST /auth/logout": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: { loggedOut: true } };
	/** Who you are */
	"GET /auth/profile": { request: Record<never, never>; answer: Profile };
	/** Exchange a refresh token */
	"POST /auth/refresh": { request: { body: { refreshToken: string } }; answer: TokenPair };
	/** Bring a machine in */
	"POST /auth/register-machine": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { machine: { id?: string | undefined; name: string; kind?: "fridge" | "vending" | "coffee" | undefined; currency?: string | undefined; holdCents?: number | undefined; locationId?: string | undefined }; templateId?: string | undefined; network: { via?: "pi" | "wifi" | "lte" | undefined; wifi?: { ssid: string; password?: string | undefined } | undefined; lte?: { apn: string } | undefined; mqtt: { host: string; port?: number | undefined; tls?: boolean | undefined; caFile?: string | undefined } }; inventory: { sku: string; name: string; massMilligrams: number; toleranceMilligrams: number; priceCents: number; shelf: number }[] } }; answer: { machine: Machine; claim: Claim; files: { controller: Record<string, unknown>; pi: Record<string, unknown> | null }; apiKey: string; mqtt: { username: string; password: string } } };
	/** Goods came into the store */
	"POST /checkout/restock/{id}": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { quantity: number } }; answer: InventoryItem };
	/** Make the bill */
	"POST /checkout/{session_id}": { request: { path: { session_id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: Bill };
	/** Does it live */
	"GET /health": { request: { query?: { deep?: "0" | "1" | undefined } }; answer: Health };
	/** What the store has */
	"GET /inventory": { request: { query?: { limit?: number | undefined; cursor?: string | undefined; page?: number | undefined; query?: string | undefined; category?: string | undefined } }; answer: InventoryItem[] };
	/** Add a product with its stock */
	"POST /inventory": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { sku: string; name: string; category?: string | undefined; price: number | string; stock?: number | undefined; aliases?: string[] | undefined; currency?: string | undefined } }; answer: InventoryItem };
	/** One product with its stock */
	"GET /inventory/{id}": { request: { path: { id: string } }; answer: InventoryItem };
	/** Change a product or its stock */
	"PUT /inventory/{id}": { request: { path: { id: string }; headers?: { "if-match"?: string | undefined }; body: { sku?: string | undefined; name?: string | undefined; category?: string | undefined; price?: number | string | undefined; stock?: number | undefined; aliases?: string[] | undefined } }; answer: InventoryItem };
	/** Prometheus metrics */
	"GET /metrics": { request: Record<never, never>; answer: string };
	/** Save a card */
	"POST /save-payment": { request: { headers?: { "idempotency-key"?: string | undefined }; body: { payment_method: string } }; answer: { status: "success"; customer_id: string; payment_method: string } };
	/** Begin to scan */
	"POST /sessions/start": { request: { headers?: { "idempotency-key"?: string | undefined } }; answer: ScanSession };
	/** One session */
	"GET /sessions/{id}": { request: { path: { id: string } }; answer: ScanSession };
	/** End without a bill */
	"POST /sessions/{id}/end": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined } }; answer: ScanSession };
	/** What was scanned */
	"GET /sessions/{id}/items": { request: { path: { id: string } }; answer: ScanItem[] };
	/** Say what an unmatched item is */
	"PUT /sessions/{id}/items/{item_id}": { request: { path: { id: string; item_id: string }; body: { inventory_id: string } }; answer: ScanItem };
	/** Take an item off the bill */
	"DELETE /sessions/{id}/items/{item_id}": { request: { path: { id: string; item_id: string } }; answer: ScanItem };
	/** Something was seen */
	"POST /sessions/{id}/scan": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { detected_name: string; confidence: number } }; answer: ScanItem };
	/** What is in a picture */
	"POST /sessions/{id}/scan/detect-from-image": { request: { path: { id: string }; headers?: { "idempotency-key"?: string | undefined }; body: { image_base64: string } }; answer: { results: { inventory_id: string | null; name: string; sku: string | null; confidence: number; quantity: number; matched_from: string }[]; processing_time_ms: number; model_used: string } };
	/** Hold money and unlock the door */
	"POST /unlock": { request: { headers?: { "idempotency-key"?: string | undefined }; body?: { id?: string | undefined; machine_id?: string | undefined; slots?: number[] | undefined; shopper_id?: string | undefined } }; answer: { status: "success" | "payment_required"; transaction_id: string; client_secret: string | null; checkout?: { key_id: string; order_id: string; amount: number; currency: string } | undefined } };
	/** Events from Razorpay */
	"POST /webhooks/razorpay": { request: { headers: { "x-razorpay-signature": string; "x-razorpay-event-id": string }; type: string; body?: Uint8Array<ArrayBuffer> }; answer: { received: true; duplicate: boolean } };
	/** Events from Stripe */
	"POST /webhooks/stripe": { request: { headers: { "stripe-signature": string }; type: string; body?: Uint8Array<ArrayBuffer> }; answer: { received: true; duplicate: boolean } };
}

export type Material = { id: string; code: string; name: string; unit: "gram" | "millilitre" | "piece"; version: number };
export type Problem = { type: string; title: string; status: number; detail: string; instance: string; code: string; message: string; requestId: string; timestamp: string; ok: false; success: false; error: { code: string; message: string; details: Record<string, unknown>; timestamp: string; requestId: string } };
export type Bin = { id: string; machineId: string; name: string; material: string; unit: "gram" | "millilitre" | "piece"; portion: number; capacity: number; threshold: number; level: number; low: boolean; filledAt: string | null };
export type Recipe = { id: string; name: string; steps: { step: "grind" | "heat" | "pump" | "pause"; amount: number }[]; uses: { material: string; portions: number }[]; version: number };
export type RecipePackage = { id: string; name: string; version: number; recipes: { number: number; recipeId: string; name: string; steps: { step: "grind" | "heat" | "pump" | "pause"; amount: number }[]; uses: { material: string; portions: number }[] }[]; createdAt: string };
export type RecipeDeployment = { id: string; packageId: string; machineId: string; state: "requested" | "sent" | "received" | "running" | "done" | "failed" | "expired"; active: boolean; createdAt: string };
export type Machine = { id: string; name: string; kind: "fridge" | "vending" | "coffee"; currency: string; holdCents: number; locationId: string | null; firmware: string; configVersion: number; lastSeenAt: string | null; maintenanceSince: string | null; decommissionedAt: string | null; createdAt: string; version: number };
export type Claim = { code: string; url: string; qrSvg: string; expiresAt: string };
export type MachineConfigVersion = { config: MachineConfig; firmwareVersion: string; state: "applied" | "pending" | "failed"; reason: string; version: number };
export type MachineConfig = { hardware: { esp32: { pins: { lock: number; hall: number; oledData: number; oledClock: number; neopixel: number; buzzer: number; linkReceive: number; linkTransmit: number; piSignal: number; bolt?: number | undefined; modemPower?: number | undefined; restockButton?: number | undefined; pir?: number | undefined }; linkBaud: number; battery?: { pin: number; upperOhms: number; lowerOhms: number; lowMillivolts: number } | undefined }; dispensing: { kind: "fridge" | "vending" | "coffee"; lock: { pulseMs: number; windowMs: number; ajarMs: number }; vending?: { motors: number[]; home: number; drop: number; emitter?: number | undefined } | undefined; coffee?: { pins: { grinder: number; pump: number; flow: number; heater: number; thermometer: number; safety?: number | undefined; water?: number | undefined }; bins: { name: string; pin: number; portions: number }[]; recipes: { number: number; name: string; steps: { step: "grind" | "heat" | "pump" | "pause"; amount: number }[]; takes: number[] }[] } | undefined }; sensors: { scales: { shelf: number; clock: number; data: number; zeroCounts: number; loadCounts: number; loadMilligrams: number }[]; foodSafety?: { receive: number; transmit: number; limitCentidegrees: number } | undefined }; payment: { currency: string; holdCents: number } }; software: { uiTheme?: "light" | "dark" | undefined; languages: string[]; features?: string[] | undefined }; network: { via?: "pi" | "wifi" | "lte" | undefined; wifi?: { ssid: string; password?: string | undefined } | undefined; lte?: { apn: string } | undefined; mqtt: { host: string; port?: number | undefined; tls?: boolean | undefined; caFile?: string | undefined } } };
export type MachineStatus = { machineId: string; status: "online" | "offline" | "maintenance" | "decommissioned"; statusSince: string; lastSeenAt: string | null; firmware: string; configVersion: number; planogramVersion: number; piPlanogramVersion: number | null; health: Record<string, unknown> | null; healthAt: string | null; devices: { id: string; type: string; status: string; lastSeenAt: string | null }[] };
export type Series = { metric: string; span: "message" | "minute" | "hour" | "day"; points: { at: string; count: number; mean: number; least: number; most: number }[] };
export type KeyRotation = { id: string; machineId: string; version: number; state: "running" | "overdue" | "taken" | "done" | "revoked"; reason: string; controllerTookAt: string | null; piTookAt: string | null; createdAt: string; deadlineAt: string; endedAt: string | null };
export type MachineTemplate = { id: string; name: string; config: MachineConfig; createdAt: string };
export type Artifact = { id: string; kind: "controller" | "pi" | "model"; manifest: { product: string; hardware: string; version: string; floor: number; byteLength: number; sha256: string; signature: string }; complete: boolean; createdAt: string };
export type Campaign = { id: string; name: string; state: "waiting" | "running" | "stopped" | "done"; plan: CampaignPlan; ring: number; reason: string; createdBy: string; approvedBy: string | null; createdAt: string; counts: { waiting: number; offered: number; done: number; failed: number }; version: number };
export type CampaignPlan = { parts: { controller?: string | undefined; pi?: string | undefined; model?: string | undefined; config?: Record<string, unknown> | undefined; planogram?: { position: string; sku: string; shelf: number; capacity?: number | null | undefined; par?: number | null | undefined; lowAt?: number | null | undefined; priceCents?: number | null | undefined; massMilligrams?: number | null | undefined; toleranceMilligrams?: number | null | undefined }[] | undefined }; target?: { machineIds?: string[] | undefined; locationId?: string | undefined; kind?: "fridge" | "vending" | "coffee" | undefined } | undefined; rings?: number[] | undefined; soakMinutes?: number | undefined; jitterMinutes?: number | undefined; deadlineMinutes?: number | undefined; window?: { fromMinute: number; toMinute: number } | undefined; stopAt?: { failures: number; share: number } | undefined };
export type Device = { id: string; machineId: string; machineName: string; type: "controller" | "pi"; model: string; firmware: string; status: "online" | "offline" | "maintenance" | "decommissioned"; statusSince: string; lastSeenAt: string | null; diagnostics: Record<string, unknown> };
export type Command = { id: string; machineId: string; kind: "action" | "configuration" | "firmware"; action: string; state: "requested" | "sent" | "received" | "running" | "done" | "failed" | "expired"; reason: string; detail: string; requestedBy: string; createdAt: string; changedAt: string };
export type CommandBatch = { id: string; action: string; createdAt: string; counts: { requested: number; sent: number; received: number; running: number; done: number; failed: number; expired: number }; commands: Command[] };
export type NotificationChannel = { id: string; name: string; kind: "slack" | "pagerduty" | "sms" | "email"; to: string; minimumSeverity: "info" | "warning" | "critical"; rules: string[]; enabled: boolean; version: number };
export type Delivery = { id: number; kind: "alarm" | "webhook" | "push" | "mail"; destinationId: string; messageId: string; subject: string; state: "pending" | "delivered" | "dead"; attempts: number; createdAt: string; dueAt: string; finishedAt: string | null; lastError: string | null };
export type WebhookEndpoint = { id: string; url: string; description: string; eventTypes: string[]; enabled: boolean; disabledReason: string | null; version: number };
export type WebhookEndpointWithSecret = WebhookEndpoint & { secret: string };
export type Alarm = { id: string; rule: "database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature"; machineId: string | null; subject: string; severity: "info" | "warning" | "critical"; state: "open" | "acknowledged" | "resolved"; summary: string; source: string; details: Record<string, string | number>; openedAt: string; acknowledgedAt: string | null; acknowledgedBy: string | null; resolvedAt: string | null; resolvedBy: string | null; note: string; notices: number; version: number };
export type AlertRule = { enabled: boolean; threshold: number; withinMs: number; severity: "info" | "warning" | "critical"; repeatMs: number; rule: "database_failure" | "device_offline" | "door_ajar" | "door_forced" | "error_rate" | "keys_not_taken" | "low_stock" | "machine_fault" | "payment_failures" | "resource_exhaustion" | "temperature"; says: string; machineId: string | null; changed: boolean };
export type SheetLink = { serviceAccount: string; spreadsheetId: string | null; currency: string | null; enabled: boolean; syncedAt: string | null; lastError: string | null };
export type SheetSyncReport = { dryRun: boolean; toUs: { key: string; kind: "add" | "change"; changes: { field: string; from: string | number | null; to: string | number | null }[] }[]; toSheet: { key: string; kind: "add" | "change"; changes: { field: string; from: string | number | null; to: string | number | null }[] }[]; conflicts: { key: string; field: string; agreed: string | number | null; sheet: string | number | null; ours: string | number | null }[]; goneFromSheet: string[]; errors: { row: number; column: string | null; message: string }[]; refused: { key: string; message: string }[]; salesAdded: number };
export type DashboardSummary = { from: string; to: string; kpis: { sales: number; units: number; revenue: { currency: string; sales: number; revenueCents: number; averageSaleCents: number; changePercent: number | null }[]; machines: { total: number; online: number; offline: number; neverSeen: number }; onlineRate: number | null; openAlarms: { critical: number; warning: number; info: number }; salesInReview: number; pendingCommands: number; lowMaterials: number }; trends: { sales: { currency: string; sales: number; revenueCents: number; day: string; units: number }[]; onlineRate: { day: string; rate: number | null }[] }; topProducts: { currency: string; sales: number; revenueCents: number; key: string; name: string; units: number }[]; topMachines: { currency: string; sales: number; revenueCents: number; key: string; name: string; units: number }[] };
export type SalesReportRow = { key: string; name: string; currency: string; sales: number; units: number; revenueCents: number };
export type AuditEntry = { sequence: number; at: string; actorKind: string; actorId: string; action: string; target: string; status: number; requestId: string; hash: string };
export type AuditCheck = { intact: boolean; entries: number; firstBroken: number | null; lastHash: string | null };
export type TokenPair = { accessToken: string; tokenType: "Bearer"; expiresIn: number; refreshToken: string };
export type Profile = User & { csrfToken?: string | undefined };
export type User = { id: string; tenantId: string; email: string; name: string; role: "viewer" | "operator" | "admin" | "platform"; permissions: string[]; active: boolean; lastLoginAt: string | null; createdAt: string; version: number };
export type Tenant = { id: string; slug: string; name: string; active: boolean; settings: TenantSettings; branding: Branding; subscription: Subscription; createdAt: string; version: number };
export type TenantSettings = { currency?: string | undefined; timeZone?: string | undefined; language?: string | undefined; paymentGateway?: { provider?: "stripe" | "razorpay" | "none" | undefined } | undefined; notifications?: { email?: string[] | undefined; minimumSeverity?: "info" | "warning" | "critical" | undefined } | undefined };
export type Branding = { displayName?: string | undefined; color?: string | undefined; logoUrl?: string | null | undefined; supportEmail?: string | null | undefined };
export type Subscription = { plan?: string | undefined; status?: "trial" | "active" | "past_due" | "cancelled" | undefined; expiresAt?: string | null | undefined };
export type TenantChange = { name?: string | undefined; settings?: TenantSettings | undefined; branding?: Branding | undefined };
export type ProvisionedTenant = { tenant: Tenant; adminId: string; apiKey: string };
export type NewTenant = { slug: string; name: string; admin: { email: string; name: string; password: string } };
export type TenantSubscriptionChange = { name?: string | undefined; subscription?: Subscription | undefined; active?: boolean | undefined };
export type Location = { id: string; name: string; address: string; latitude: number | null; longitude: number | null; timeZone: string; createdAt: string; version: number };
export type NewLocation = { name: string; address?: string | undefined; latitude?: number | null | undefined; longitude?: number | null | undefined; timeZone?: string | undefined };
export type LocationChange = { name?: string | undefined; address?: string | undefined; latitude?: number | null | undefined; longitude?: number | null | undefined; timeZone?: string | undefined };
export type NewUser = { email: string; name: string; role: "viewer" | "operator" | "admin" | "platform" | "ops"; permissions?: string[] | undefined; password: string };
export type UserChange = { name?: string | undefined; role?: "viewer" | "operator" | "admin" | "platform" | "ops" | undefined; permissions?: string[] | undefined; active?: boolean | undefined; password?: string | undefined };
export type ApiKey = { keyId: string; tenantId: string; name: string; permissions: string[]; machineId: string | null; createdAt: string; expiresAt: string | null; revoked: boolean };
export type NewApiKey = ApiKey & { key: string };
export type ApiKeyWish = { name: string; permissions: string[]; expiresAt?: string | undefined };
export type ReportSchedule = { every: "day" | "week" | "month"; by?: "day" | "machine" | "product" | undefined; hour?: number | undefined; timeZone: string; recipients: string[]; id: string; nextAt: string };
export type Sale = { id: string; machineId: string; state: "requested" | "authorised" | "unlocked" | "open" | "closed" | "captured" | "cancelled" | "review"; cause: string | null; currency: string; heldCents: number; capturedCents: number; items: { sku: string; name: string; quantity: number; unitPriceCents: number }[]; clientSecret: string | null; checkout: Checkout; events: { atMs: number; event: string }[] };
export type Checkout = { keyId: string; orderId: string; amountCents: number; currency: string } | null;
export type Order = { id: string; number: number; deviceId: string; deviceName: string; customer: string | null; customerName: string | null; customerPhone: string | null; paymentMethod: "card" | "none"; status: "open" | "paid" | "cancelled" | "review" | "underpaid" | "part_refunded" | "refunded" | "disputed"; state: "requested" | "authorised" | "unlocked" | "open" | "closed" | "captured" | "cancelled" | "review"; cause: string | null; currency: string; totalCents: number | null; heldCents: number; capturedCents: number; refundedCents: number; refundingCents: number; decideBefore: string | null; items: { sku: string; name: string; quantity: number; unitPriceCents: number }[]; createdAt: string; version: number };
export type Receipt = { number: number; saleId: string; seller: string; soldAt: string; items: { sku: string; name: string; quantity: number; unitPriceCents: number }[]; totalCents: number; paidCents: number; refundedCents: number; currency: string };
export type Evidence = { orderId: string; reportId: string; decidedAt: string; sealedManifest: string; parts: { name: string; mediaType: string; byteLength: number; data: string }[] };
export type Payment = { id: string; orderId: string; kind: "auth" | "increment" | "capture" | "cancel" | "second" | "debt" | "refund"; amountCents: number; currency: string; provider: "stripe" | "razorpay"; state: "pending" | "succeeded" | "failed"; createdAt: string; finishedAt: string | null };
export type Job = { id: string; kind: "command_batch" | "ota_campaign"; name: string; state: "waiting" | "running" | "stopped" | "done"; total: number; done: number; failed: number; createdAt: string };
export type DeadMessage = { id: number; machineId: string; to: "controller" | "pi"; topic: string; saleId: string; reason: string; createdAt: string; expiresAt: string | null };
export type Finding = { id: number; kind: string; subject: string; expectedCents: number; foundCents: number; openedAt: string; closedAt: string | null };
export type Chargeback = { id: string; orderId: string; reason: string; status: string; withdrawnCents: number; submission: "none" | "wanted" | "done"; evidenceDueAt: string | null; openedAt: string; closedAt: string | null };
export type Product = { id: string; sku: string; name: string; category: string; aliases: string[]; currency: string; priceCents: number; massMilligrams: number | null; toleranceMilligrams: number | null; lowAt: number | null; active: boolean; imageUrl: string | null; version: number; createdAt: string; changedAt: string };
export type Planogram = { id: string; machineId: string; number: number; state: "draft" | "active" | "retired"; createdAt: string; appliedAt: string | null; slots: { position: string; productId: string; sku: string; name: string; shelf: number; capacity: number | null; par: number | null; lowAt: number | null; priceCents: number | null; massMilligrams: number | null; toleranceMilligrams: number | null }[]; warnings: string[] };
export type StockLevel = { productId: string; sku: string; name: string; machineId: string | null; quantity: number; reserved: number; available: number; lowAt: number | null; low: boolean; par: number | null; soldUnits: number; daysLeft: number | null; countedAt: string | null };
export type StockMovement = { id: number; productId: string; machineId: string | null; change: number; reason: "sale" | "restock" | "count" | "adjust" | "waste" | "transfer" | "return"; saleId: string | null; sessionId: string | null; actor: string; note: string; at: string };
export type Lot = { id: string; productId: string; machineId: string | null; code: string; expiresOn: string; quantity: number; left: number };
export type Route = { id: string; name: string; machineIds: string[]; version: number };
export type RestockList = { id: string; routeId: string | null; version: number; createdAt: string; stops: { machineId: string; planogramId: string; lines: { productId: string; sku: string; name: string; position: string; bring: number; put: number | null }[] }[]; pack: { productId: string; sku: string; name: string; quantity: number }[] };
export type InventoryItem = { id: string; sku: string; name: string; category: string; price: number; price_cents: number; currency: string; stock: number; aliases: string[]; version: number; created_at: string; updated_at: string };
export type ScanSession = { id: string; status: "active" | "completed"; check_in_time: string; check_out_time: string | null; total_amount: number; currency: string | null; created_at: string };
export type ScanItem = { id: string; session_id: string; inventory_id: string | null; sku: string | null; name: string | null; detected_name: string; matched_by: "sku" | "name" | "alias" | "fuzzy" | "person" | null; confidence: number; quantity: number; unit_price: number | null; first_seen: string; created_at: string };
export type Bill = { session_id: string; items: { inventory_id: string; sku: string; name: string; quantity: number; unit_price: number; line_total: number }[]; total: number; total_cents: number; currency: string };
export type Health = { status: "ok" | "degraded"; checks?: { database: "ok" | "down" | "off" | "unknown" | "not_used"; broker: "ok" | "down" | "off" | "unknown" | "not_used"; payments: "ok" | "down" | "off" | "unknown" | "not_used"; redis: "ok" | "down" | "off" | "unknown" | "not_used"; cameras: "ok" | "down" | "off" | "unknown" | "not_used" } | undefined };
export type PlatformHealth = { status: "healthy" | "degraded" | "unhealthy"; timestamp: string; services: { database: "healthy" | "unhealthy" | "unknown" | "off" | "not_used"; redis: "healthy" | "unhealthy" | "unknown" | "off" | "not_used"; mqtt: "healthy" | "unhealthy" | "unknown" | "off" | "not_used"; paymentGateway: "healthy" | "unhealthy" | "unknown" | "off" | "not_used" }; devices: { online: number; offline: number; total: number } };

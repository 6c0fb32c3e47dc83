import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { type Database, mustHaveChanged, type Row } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import type { ListQuery, Page } from "../http/list.ts";
import { Problem, staleProblem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { timeZoneSchema } from "../tenants/time-zone.ts";

const fields = {
	name: trimmedText(100),
	address: z.string().trim().max(300),
	latitude: z.number().min(-90).max(90).nullable().openapi({ description: "Degrees north, WGS 84" }),
	longitude: z.number().min(-180).max(180).nullable().openapi({ description: "Degrees east, WGS 84" }),
	timeZone: timeZoneSchema,
};

export const locationSchema = z
	.object({ id: z.string(), ...fields, createdAt: z.iso.datetime(), version: z.int() })
	.openapi("Location");
export type Location = z.infer<typeof locationSchema>;

export const newLocationSchema = z
	.object({
		...fields,
		address: fields.address.default(""),
		latitude: fields.latitude.default(null),
		longitude: fields.longitude.default(null),
		timeZone: fields.timeZone.default("UTC"),
	})
	.openapi("NewLocation");
export const locationChangeSchema = z.object(fields).partial().openapi("LocationChange");

const rowSchema = z.object({
	id: z.string(),
	name: z.string(),
	address: z.string(),
	latitude: z.number().nullable(),
	longitude: z.number().nullable(),
	time_zone: z.string(),
	created_at_ms: z.int(),
	version: z.int(),
});

function locationOf(row: Row): Location {
	const { time_zone, created_at_ms, ...rest } = rowSchema.parse(row);
	return { ...rest, timeZone: time_zone, createdAt: new Date(created_at_ms).toISOString() };
}

const locations = new TenantRows({
	noun: "location",
	sql: "SELECT * FROM location WHERE tenant_id = ?1",
	key: ["name", "id"],
	direction: "asc",
	parse: locationOf,
});

/** The places where machines stand. */
export class LocationStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	list(tenantId: string, query: ListQuery): Promise<Page<Location>> {
		return locations.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	get(tenantId: string, id: string): Promise<Location> {
		return locations.get(this.#database, tenantId, id);
	}

	/** @throws Problem 409 when the name is taken */
	async add(tenantId: string, location: z.infer<typeof newLocationSchema>): Promise<Location> {
		const id = randomId(this.#random);
		const { name, address, latitude, longitude, timeZone } = location;
		await this.#named(name, [
			{
				sql: `INSERT INTO location (id, tenant_id, name, address, latitude, longitude, time_zone, created_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [id, tenantId, name, address, latitude, longitude, timeZone, this.#clock.now()],
			},
		]);
		return this.get(tenantId, id);
	}

	/** @throws Problem 404, 409 when the name is taken, 412 when the version is another by now */
	async change(
		tenantId: string,
		id: string,
		change: z.infer<typeof locationChangeSchema>,
		ifMatch: number | undefined,
	): Promise<Location> {
		const old = await this.get(tenantId, id);
		const {
			name = old.name,
			address = old.address,
			latitude = old.latitude,
			longitude = old.longitude,
			timeZone = old.timeZone,
		} = change;
		await this.#named(name, [
			{
				sql: `UPDATE location SET name = ?, address = ?, latitude = ?, longitude = ?, time_zone = ?, version = version + 1
					WHERE tenant_id = ? AND id = ? AND version = ?`,
				args: [name, address, latitude, longitude, timeZone, tenantId, id, ifMatch ?? old.version],
			},
			mustHaveChanged("version"),
		]);
		return this.get(tenantId, id);
	}

	/** @throws Problem 404, 409 while machines stand there, 412 when the version is another by now */
	async remove(tenantId: string, id: string, ifMatch: number | undefined): Promise<Location> {
		const old = await this.get(tenantId, id);
		const [machine] = await this.#database.read(
			"SELECT id FROM machine WHERE tenant_id = ? AND location_id = ? LIMIT 1",
			[tenantId, id],
		);
		if (machine) {
			throw new Problem(409, "location_in_use", `Machine ${String(machine.id)} stands there; move it first.`);
		}
		await this.#named(old.name, [
			{
				sql: "DELETE FROM location WHERE tenant_id = ? AND id = ? AND version = ?",
				args: [tenantId, id, ifMatch ?? old.version],
			},
			mustHaveChanged("version"),
		]);
		return old;
	}

	async #named(name: string, statements: Parameters<Database["write"]>[0]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof GuardFailed) throw staleProblem();
			if (!(error instanceof UniqueViolation)) throw error;
			throw new Problem(409, "location_name_taken", `There is a location ${name} already.`);
		}
	}
}

import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Row, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import type { ListQuery, Page } from "../http/list.ts";
import { Problem } from "../http/problem.ts";

/** Machines that one person fills on one tour, in this order. */
export interface Route {
	readonly id: string;
	readonly name: string;
	readonly machineIds: string[];
	readonly version: number;
}

type RouteFields = Pick<Route, "name" | "machineIds">;

const rowSchema = z.object({ id: z.string(), name: z.string(), version: z.int(), machines: z.string() });
const machineIdsSchema = z.array(z.string());
const versionGuard = "the route is there in this version";
const machineGuard = "machine of the route: ";
const routes = new TenantRows({
	noun: "route",
	sql: `SELECT route.*, (SELECT json_group_array(machine_id) FROM
			(SELECT machine_id FROM route_stop WHERE route_id = route.id ORDER BY place)) AS machines
		FROM route WHERE route.tenant_id = ?1`,
	key: ["name", "id"],
	direction: "asc",
	parse: routeOf,
});

/** A tenant's routes. */
export class RouteStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	list(tenantId: string, query: ListQuery): Promise<Page<Route>> {
		return routes.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	get(tenantId: string, routeId: string): Promise<Route> {
		return routes.get(this.#database, tenantId, routeId);
	}

	/** @throws Problem 404 when there is no such machine, 409 when the name is taken */
	async add(tenantId: string, { name, machineIds }: RouteFields): Promise<Route> {
		const id = randomId(this.#random);
		await this.#write(name, [
			{
				sql: "INSERT INTO route (id, tenant_id, name, created_at_ms) VALUES (?, ?, ?, ?)",
				args: [id, tenantId, name, this.#clock.now()],
			},
			...stops(tenantId, id, machineIds),
		]);
		return this.get(tenantId, id);
	}

	/**
	 * @param version the version that the caller saw; `undefined`: any
	 * @throws Problem 404, 409 when the name is taken, 412 when the route changed meanwhile
	 */
	async change(
		tenantId: string,
		routeId: string,
		{ name, machineIds }: RouteFields,
		version: number | undefined,
	): Promise<Route> {
		const before = await this.get(tenantId, routeId);
		await this.#write(name, [
			{
				sql: "UPDATE route SET name = ?, version = version + 1 WHERE id = ? AND tenant_id = ? AND version = ?",
				args: [name, routeId, tenantId, version ?? before.version],
			},
			mustHaveChanged(versionGuard),
			{ sql: "DELETE FROM route_stop WHERE route_id = ?", args: [routeId] },
			...stops(tenantId, routeId, machineIds),
		]);
		return this.get(tenantId, routeId);
	}

	async #write(name: string, statements: readonly Statement[]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof UniqueViolation) {
				throw new Problem(409, "route_name_taken", `There is a route ${name} already.`);
			}
			if (!(error instanceof GuardFailed)) throw error;
			if (error.guard === versionGuard) {
				throw new Problem(412, "version_conflict", "Somebody else changed the route meanwhile; read it again.");
			}
			throw new Problem(404, "machine_unknown", `There is no machine ${error.guard.slice(machineGuard.length)}.`);
		}
	}
}

function stops(tenantId: string, routeId: string, machineIds: readonly string[]): Statement[] {
	return machineIds.flatMap((machineId, place) => [
		{
			sql: `INSERT INTO route_stop (route_id, place, machine_id)
				SELECT ?, ?, id FROM machine WHERE id = ? AND tenant_id = ?`,
			args: [routeId, place, machineId, tenantId],
		},
		mustHaveChanged(`${machineGuard}${machineId}`),
	]);
}

function routeOf(row: Row): Route {
	const { id, name, version, machines } = rowSchema.parse(row);
	return { id, name, version, machineIds: machineIdsSchema.parse(JSON.parse(machines)) };
}

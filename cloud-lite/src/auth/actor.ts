import type { Role } from "./permission.ts";

/** A person who works for a tenant. */
export interface UserActor {
	readonly kind: "user";
	readonly id: string;
	readonly tenantId: string;
	readonly role: Role;
	/** What the role and the person hold: `machines:read`, `*:write`. */
	readonly grants: readonly string[];
	/** The login that the request belongs to. */
	readonly sessionId: string;
	/** Whether it came with a page's cookie. */
	readonly byCookie: boolean;
}

/** A program of a tenant. */
export interface ApiKeyActor {
	readonly kind: "apiKey";
	readonly id: string;
	readonly tenantId: string;
	readonly grants: readonly string[];
}

/** A phone in front of a machine. */
export interface ShopperActor {
	readonly kind: "shopper";
	readonly id: string;
	readonly tenantId: string;
}

/** A machine's own device. */
export interface DeviceActor {
	readonly kind: "device";
	/** The key that it came with. */
	readonly id: string;
	readonly tenantId: string;
	readonly machineId: string;
}

/** Who asks. Rows of another tenant do not exist for an actor. */
export type Actor = UserActor | ApiKeyActor | ShopperActor | DeviceActor;

/** Who did something, for records: `user:ID`. */
export function actorName({ kind, id }: Actor): string {
	return `${kind}:${id}`;
}

import { z } from "zod";

/** What people may be: `viewer` looks, `operator` runs machines and sales, `admin` rules a tenant, `platform` rules tenants. */
export const roleSchema = z.enum(["viewer", "operator", "admin", "platform"]);
export type Role = z.infer<typeof roleSchema>;

/** `read` changes nothing, `write` is daily work, `manage` is for who rules the tenant, `platform` for who rules tenants. */
const actionPattern = /^([a-z][a-z-]*|\*):(read|write|manage|platform|\*)$/;

/** `noun:action`: what a route asks for. */
export type Permission = `${string}:${"read" | "write" | "manage" | "platform"}`;

/** `noun:action` where either side may be `*`: what somebody holds. */
export const grantSchema = z
	.string()
	.max(64)
	.regex(actionPattern, "noun:action, such as machines:read; actions are read, write, manage; * stands for all");

const grantsOf: Readonly<Record<Role, readonly string[]>> = Object.freeze({
	viewer: ["*:read"],
	operator: ["*:read", "*:write"],
	admin: ["*:read", "*:write", "*:manage"],
	platform: ["*:read", "*:write", "*:manage", "*:platform"],
});

/** What a role holds. */
export function roleGrants(role: Role): readonly string[] {
	return grantsOf[role];
}

/** Whether one of the grants covers a permission. */
export function covers(grants: readonly string[], permission: Permission): boolean {
	const [noun, action] = permission.split(":");
	return grants.some((grant) => {
		const [grantedNoun, grantedAction] = grant.split(":");
		const isAction = grantedAction === action || (grantedAction === "*" && action !== "platform");
		return isAction && (grantedNoun === "*" || grantedNoun === noun);
	});
}

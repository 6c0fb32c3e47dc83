import { z } from "zod";

/** What people may be: `viewer` looks, `operator` runs machines and sales, `admin` rules a tenant, `platform` rules tenants. */
export const roleSchema = z.enum(["viewer", "operator", "admin", "platform"]);
export type Role = z.infer<typeof roleSchema>;

/** A role as people write it; `ops` is an operator. */
export const givenRoleSchema = z.preprocess((role) => (role === "ops" ? "operator" : role), roleSchema);

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

/** Whether everything that `inner` covers is covered by `outer` as well. */
export function includes(outer: readonly string[], inner: readonly string[]): boolean {
	return inner.every((grant) => {
		const [noun, action] = grant.split(":");
		const actions = action === "*" ? ["read", "write", "manage"] : [action];
		return actions.every((each) =>
			outer.some((held) => {
				const [heldNoun, heldAction] = held.split(":");
				const isAction = heldAction === each || (heldAction === "*" && each !== "platform");
				return isAction && (heldNoun === "*" || heldNoun === noun);
			}),
		);
	});
}

/** Whether the grants cover a permission. */
export function covers(grants: readonly string[], permission: Permission): boolean {
	return includes(grants, [permission]);
}

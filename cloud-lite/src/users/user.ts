import { z } from "@hono/zod-openapi";
import { passwordSchema } from "../auth/password.ts";
import { givenRoleSchema, grantSchema, roleSchema } from "../auth/permission.ts";
import type { Row } from "../db/database.ts";
import { emailAddressSchema } from "../http/email-address.ts";
import { trimmedText } from "../http/trimmed-text.ts";

/** A person as the API shows it. */
export const userSchema = z
	.object({
		id: z.string(),
		tenantId: z.string(),
		email: z.string(),
		name: z.string(),
		role: roleSchema,
		permissions: z.array(grantSchema).openapi({ description: "What this person holds beside the role" }),
		active: z.boolean(),
		lastLoginAt: z.iso.datetime().nullable(),
		createdAt: z.iso.datetime(),
		version: z.int(),
	})
	.openapi("User");
export type User = z.infer<typeof userSchema>;

const nameSchema = trimmedText(100);
const roleField = givenRoleSchema.openapi({ type: "string", enum: [...roleSchema.options, "ops"] });

export const newUserSchema = z
	.object({
		email: emailAddressSchema.toLowerCase().openapi({ example: "ada@example.com" }),
		name: nameSchema,
		role: roleField,
		permissions: z.array(grantSchema).max(50).default([]),
		password: passwordSchema,
	})
	.openapi("NewUser");
export type NewUser = z.infer<typeof newUserSchema>;

export const userChangeSchema = z
	.object({
		name: nameSchema.optional(),
		role: roleField.optional(),
		permissions: z.array(grantSchema).max(50).optional(),
		active: z.boolean().optional(),
		password: passwordSchema.optional(),
	})
	.openapi("UserChange");
export type UserChange = z.infer<typeof userChangeSchema>;

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	email: z.string(),
	name: z.string(),
	role: roleSchema,
	permissions: z.string(),
	active: z.int(),
	last_login_at_ms: z.int().nullable(),
	created_at_ms: z.int(),
	version: z.int(),
});
const permissionsSchema = z.array(grantSchema);

export function userOf(row: Row): User {
	const { id, tenant_id, email, name, role, permissions, active, last_login_at_ms, created_at_ms, version } =
		rowSchema.parse(row);
	return {
		id,
		tenantId: tenant_id,
		email,
		name,
		role,
		permissions: permissionsSchema.parse(JSON.parse(permissions)),
		active: active === 1,
		lastLoginAt: last_login_at_ms === null ? null : new Date(last_login_at_ms).toISOString(),
		createdAt: new Date(created_at_ms).toISOString(),
		version,
	};
}

import { z } from "@hono/zod-openapi";
import { deleteCookie, setCookie } from "hono/cookie";
import { defineRoute } from "../http/define-route.ts";
import { emailAddressSchema } from "../http/email-address.ts";
import { createRoutes } from "../http/environment.ts";
import { userSchema } from "../users/user.ts";
import type { UserStore } from "../users/user-store.ts";
import { cookieName } from "./csrf.ts";
import { cookieLivesMs, type LoginService } from "./login-service.ts";
import { passwordSchema } from "./password.ts";

const credentialsSchema = z.object({
	email: emailAddressSchema.openapi({ example: "admin@example.com" }),
	password: z.string().min(1).max(200),
});
const tokenPairSchema = z
	.object({
		accessToken: z.string().openapi({ description: "JWT; send it as Authorization: Bearer" }),
		tokenType: z.literal("Bearer"),
		expiresIn: z.int().openapi({ description: "Seconds", example: 900 }),
		refreshToken: z.string().openapi({ description: "Good for one exchange" }),
	})
	.openapi("TokenPair");
const profileSchema = userSchema
	.extend({ csrfToken: z.string().optional().openapi({ description: "For pages: goes into X-CSRF-Token" }) })
	.openapi("Profile");

// Guesses from one address, at whatever accounts.
const attempts = { burst: 20, perMinute: 10 };

/** Log in, stay logged in, log out. */
export function authRoutes({ logins, users }: { logins: LoginService; users: UserStore }) {
	const routes = createRoutes();
	const tag = "Authentication";

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/auth/login",
			aliases: ["/auth/login"],
			summary: "Log in, for programs",
			tag,
			access: "anybody",
			rateLimit: attempts,
			body: credentialsSchema,
			data: tokenPairSchema,
			problems: [401],
		},
		({ body }) => logins.logIn(body.email, body.password),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/auth/page-login",
			summary: "Log in, for pages",
			description:
				"Sets a cookie that scripts cannot read. What changes something also needs `csrfToken` in X-CSRF-Token.",
			tag,
			access: "anybody",
			rateLimit: attempts,
			body: credentialsSchema,
			data: z.object({ csrfToken: z.string() }),
			problems: [401],
		},
		async ({ body, context }) => {
			const { cookie, csrfToken } = await logins.logInPage(body.email, body.password);
			const maxAge = cookieLivesMs / 1000;
			setCookie(context, cookieName, cookie, { path: "/", secure: true, httpOnly: true, sameSite: "Strict", maxAge });
			return { csrfToken };
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/auth/refresh",
			aliases: ["/auth/refresh"],
			summary: "Exchange a refresh token",
			description: "Each is good once. When one comes twice it was copied, and the whole login ends.",
			tag,
			access: "anybody",
			rateLimit: { burst: 60, perMinute: 60 },
			body: z.object({ refreshToken: z.string().min(1).max(200) }),
			data: tokenPairSchema,
			problems: [401],
		},
		({ body }) => logins.refresh(body.refreshToken),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/auth/logout",
			aliases: ["/auth/logout"],
			summary: "Log out",
			description: "Ends the login at once, with all its tokens.",
			tag,
			access: { user: true },
			data: z.object({ loggedOut: z.literal(true) }),
		},
		async ({ actor, context }) => {
			await logins.logOut(actor);
			if (actor.byCookie) deleteCookie(context, cookieName, { path: "/", secure: true });
			return { loggedOut: true as const };
		},
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/auth/profile",
			aliases: ["/auth/profile", "/api/v1/me"],
			summary: "Who you are",
			tag,
			access: { user: true },
			data: profileSchema,
		},
		async ({ actor }) => ({
			...(await users.get(actor.tenantId, actor.id)),
			...(actor.byCookie ? { csrfToken: logins.csrfToken(actor.sessionId) } : {}),
		}),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/auth/password",
			summary: "Change your password",
			description: "Ends your other logins.",
			tag,
			access: { user: true },
			rateLimit: attempts,
			body: z.object({ current: z.string().min(1).max(200), next: passwordSchema }),
			data: z.object({ changed: z.literal(true) }),
		},
		async ({ actor, body }) => {
			await logins.changePassword(actor, body.current, body.next);
			return { changed: true as const };
		},
	);
	return routes;
}

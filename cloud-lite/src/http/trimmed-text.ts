import { z } from "@hono/zod-openapi";

/** Text that says something, without the blanks around it: 1 to `most` characters. */
export function trimmedText(most: number) {
	// The pattern is what the API's description can say of blanks.
	return z.string().regex(/\S/, "Say something; blanks alone are nothing").trim().min(1).max(most);
}

import { z } from "@hono/zod-openapi";

/** A name of the IANA time zone database that this system knows. */
export const timeZoneSchema = z
	.string()
	.max(64)
	.refine(isTimeZone, "the name of a time zone, such as Europe/Berlin")
	.openapi({ example: "Europe/Berlin" });

function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: name });
		return true;
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		return false;
	}
}

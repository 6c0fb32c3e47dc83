import { hash, verify } from "@node-rs/argon2";
import { z } from "zod";

// OWASP's first choice for Argon2id (the library's default kind): 19 MiB, two passes, one lane.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What a password has to be; length is what counts (NIST SP 800-63B section 3.1.1.2). */
export const passwordSchema = z.string().min(8, "at least 8 characters").max(200, "at most 200 characters");

/** @returns Argon2id in PHC form: `$argon2id$v=19$…` */
export function hashPassword(password: string): Promise<string> {
	return hash(password, cost);
}

// Of no password that anybody has: asking for somebody who is not there takes as long as asking for somebody who is.
const nobodys = "$argon2id$v=19$m=19456,t=2,p=1$doVzhsIYNNCBjK5JJcCpIg$dNOM+SRCSDtMebd/8MwOEk6j7gnBDHYz1/r7baDRAR0";

/** Whether the password fits; takes the same time when there is no hash, and is false then. */
export async function passwordFits(password: string, passwordHash: string | null): Promise<boolean> {
	const fits = await verify(passwordHash ?? nobodys, password);
	return fits && passwordHash !== null;
}

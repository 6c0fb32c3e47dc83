import type { Stage } from "../scenario/stage.ts";
import { interrupted } from "./interruption.ts";

/** Keeps the stage up until somebody ends the program, and prints requests that work. */
export async function serve(stage: Stage, interruption: AbortSignal): Promise<void> {
	const { baseUrl, token } = stage.phone;
	process.stdout.write(`
Everything stays up. In another terminal:

  curl ${baseUrl}/health
  curl -X POST ${baseUrl}/unlock \\
       -H 'authorization: Bearer ${token}' \\
       -H 'content-type: application/json' \\
       -d '{"id":"by-hand-1","machine_id":"${stage.machineId}"}'
  curl ${baseUrl}/api/v1/sales/by-hand-1 -H 'authorization: Bearer ${token}'

In a browser: ${baseUrl}/docs

Nobody pulls at the door, so the lock closes again after 10 s and the hold is given back.
The shopper's token is good for 15 minutes. Ctrl-C ends.

`);
	await interrupted(interruption);
	process.stdout.write("\nEnding.\n");
}

import type { Stage } from "../scenario/stage.ts";

/** Keeps the stage up until Ctrl-C (SIGINT) or SIGTERM, and prints requests that work. */
export async function serve(stage: Stage): Promise<void> {
	const { baseUrl, token } = stage.phone;
	process.stdout.write(`
Everything stays up. In another terminal:

  curl ${baseUrl}/health
  curl -X POST ${baseUrl}/unlock \\
       -H 'authorization: Bearer ${token}' \\
       -H 'content-type: application/json' \\
       -d '{"id":"by-hand-1","machine_id":"${stage.machineId}"}'
  curl ${baseUrl}/api/v1/sales/by-hand-1 -H 'authorization: Bearer ${token}'
  open ${baseUrl}/docs

The shopper's token is good for 15 minutes. Ctrl-C ends.
`);
	let asked = false;
	const stop = () => {
		asked = true;
	};
	process.once("SIGINT", stop);
	process.once("SIGTERM", stop);
	while (!asked) await stage.pass(100);
	process.stdout.write("\nEnding.\n");
}

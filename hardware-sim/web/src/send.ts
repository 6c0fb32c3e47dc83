import type { Command } from "../../src/serve/page-state.ts";

const listeners = new Set<(problem: string) => void>();

/** Hears why a command was refused. Returns the function that ends it. */
export function onRefused(listener: (problem: string) => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

/** Asks the server to do something. False when it could not be done; the page has then been told why. */
export async function send(command: Command): Promise<boolean> {
	try {
		const answer = await fetch("/commands", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(command),
		});
		const { done, why, detail }: { done?: boolean; why?: string; detail?: string } = await answer.json();
		if (done === true) return true;
		refuse(why ?? detail ?? `The server answered ${answer.status}.`);
	} catch (error) {
		refuse(error instanceof TypeError ? "The simulator does not answer. Is it still running?" : String(error));
	}
	return false;
}

function refuse(problem: string): void {
	for (const listener of listeners) listener(problem);
}

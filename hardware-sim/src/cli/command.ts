import { type ParseArgsConfig, parseArgs } from "node:util";

/** What the process that started the program is told. Documented in docs/guides/scenarios.md. */
export const exitCodes = Object.freeze({
	/** All is well. */
	ok: 0,
	/** It ran, and something was not as expected: a failed step, a broken promise, a deviation. */
	failed: 1,
	/** The command line or a file is wrong; nothing was run. */
	usage: 2,
	/** This computer lacks something: a C compiler for XS, a Node that runs TypeScript. */
	environment: 3,
} as const);

/** Where a command reads and writes. */
export interface CommandIO {
	/** Results, for people or with `--json` for programs. A line, without its end. */
	out(line: string): void;
	/** Progress and complaints. A line, without its end. */
	err(line: string): void;
	/** Aborts when somebody wants the program to end; its reason is the exit code. */
	readonly interruption: AbortSignal;
}

/** One command of `visionvend-sim`. Each is a module of this folder that exports these four. */
export interface Command {
	readonly name: string;
	/** One line for the list of commands. */
	readonly summary: string;
	/** Everything for `--help`: forms, options, exit codes. */
	readonly usage: string;
	/** Resolves with the exit code. Throws a `UsageError` for arguments that it does not understand. */
	run(args: readonly string[], io: CommandIO): Promise<number>;
}

/** What is wrong with the command line, in words for the person who typed it. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

/** `parseArgs` of Node, whose complaints become a `UsageError` with the command's usage. */
export function parseCommandLine<const Options extends NonNullable<ParseArgsConfig["options"]>>(
	args: readonly string[],
	options: Options,
	usage: string,
): ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>> {
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
	} catch (error) {
		throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error });
	}
}

/** Throws a `UsageError` for what was typed beyond the `most` things that a command works on. */
export function refuseMore(positionals: readonly string[], most: number, usage: string): void {
	const more = positionals[most];
	if (more !== undefined) throw new UsageError(`"${more}" is one too many.\n\n${usage}`);
}

/** Runs `touch` on a path that was typed; a path where that cannot be done is a `UsageError`. */
export async function atPath<T>(path: string, touch: () => Promise<T>): Promise<T> {
	try {
		return await touch();
	} catch (error) {
		if (!(error instanceof Error) || !("syscall" in error)) throw error;
		throw new UsageError(`${path}: ${error.message}.`, { cause: error });
	}
}

/** A whole number from 0 to 4294967295. */
export function parseSeed(text: string | undefined, usage: string): number | undefined {
	if (text === undefined) return undefined;
	const seed = Number(text);
	if (text.trim() === "" || !Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
		throw new UsageError(`--seed ${text}: not a whole number from 0 to 4294967295\n\n${usage}`);
	return seed;
}

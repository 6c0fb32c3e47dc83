import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withBuildLock } from "./build-lock.ts";

/** The XS engine, ready to run devices. */
export interface XsHost {
	/** The executable. */
	readonly path: string;
	/** 32: slots of 16 bytes, as on the ESP32-S3. 64: slots of 32 bytes, where the compiler cannot link 32-bit programs. */
	readonly wordBits: 32 | 64;
}

export type XsBuild = ({ readonly ok: true } & XsHost) | { readonly ok: false; readonly reason: string };

export interface XsBuildOptions {
	/** Takes one line for people, before the only step that takes long. */
	readonly onProgress?: (line: string) => void;
	/** Folder that keeps built engines. Default: `node_modules/.cache/visionvend`, else the user's cache folder. */
	readonly cacheDirectory?: string;
	/** C compiler, with its own flags after spaces. Default: the environment's `CC`, else cc, gcc or clang. */
	readonly compiler?: string;
	/** Folder with XS's `sources`, `includes` and `platforms`. Default: from the npm package @agoric/xsnap. */
	readonly xsDirectory?: string;
}

const hostDirectory = fileURLToPath(new URL("../../xs-host/", import.meta.url));

/** Debugging and snapshots, which we leave out; everything else of XS is compiled. */
const leftOut = ["xsLockdown.c", "xsSnapshot.c"];

// -O1 builds twice as fast as -O2; the demo spends more time on building than the faster engine would win back.
// -ffp-contract=off: the same sums on every processor.
const flags = [
	"-O1",
	"-fno-common",
	"-ffp-contract=off",
	"-D_FILE_OFFSET_BITS=64",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxMetering=1",
	"-DmxNoConsole=1",
	"-DmxBoundsCheck=1",
	"-DmxParse=1",
	"-DmxRun=1",
	"-DmxSloppy=1",
	"-DmxRegExpUnicodePropertyEscapes=1",
	"-DmxStringNormalize=1",
	"-DmxMinusZero=1",
	"-w",
];
const libraries = ["-lm", "-lpthread", "-ldl"];
/** x87 arithmetic would round twice. */
const flagsOf32Bits = ["-m32", "-msse2", "-mfpmath=sse"];

/**
 * The XS engine for this machine: the one that was built before, or a new one, compiled now from the sources in
 * @agoric/xsnap. Never throws; where it cannot be built, `reason` is one line for people.
 */
export function buildXsHost(options: XsBuildOptions = {}): XsBuild {
	if (process.platform === "win32") return { ok: false, reason: "The XS engine needs Linux or macOS." };
	const xsDirectory = options.xsDirectory ?? findXs();
	if (xsDirectory === undefined || !existsSync(join(xsDirectory, "sources", "xsAll.h")))
		return {
			ok: false,
			reason: "The sources of XS are missing: run `npm install` without --omit=optional (package @agoric/xsnap).",
		};
	const compiler = findCompiler(options.compiler);
	if (compiler === undefined)
		return {
			ok: false,
			reason:
				"No C compiler: install one (Debian: apt install gcc libc6-dev; macOS: xcode-select --install) or set CC.",
		};
	try {
		const sources = [
			...filesIn(join(xsDirectory, "sources"), ".c").filter((file) => !leftOut.includes(basename(file))),
			...filesIn(hostDirectory, ".c"),
		];
		const headers = [join(xsDirectory, "sources"), join(xsDirectory, "includes"), join(xsDirectory, "platforms")]
			.concat(hostDirectory)
			.flatMap((directory) => filesIn(directory, ".h"));
		const key = createHash("sha256").update(JSON.stringify([compiler, flags, flagsOf32Bits, process.arch]));
		for (const file of [...sources, ...headers]) key.update(basename(file)).update(readFileSync(file));
		const cache = options.cacheDirectory ?? cacheDirectory(xsDirectory);
		mkdirSync(cache, { recursive: true });
		const directory = join(cache, `xs-${key.digest("hex").slice(0, 16)}`);
		return (
			readBuilt(directory) ??
			withBuildLock(
				`${directory}.lock`,
				() => readBuilt(directory),
				() => build({ directory, compiler, sources, xsDirectory, options }),
			)
		);
	} catch (error) {
		return { ok: false, reason: `The XS engine was not built: ${error instanceof Error ? error.message : error}` };
	}
}

interface BuildPlan {
	readonly directory: string;
	readonly compiler: readonly string[];
	readonly sources: readonly string[];
	readonly xsDirectory: string;
	readonly options: XsBuildOptions;
}

function build({ directory, compiler, sources, xsDirectory, options }: BuildPlan): XsBuild {
	const work = mkdtempSync(`${directory}.building-`);
	try {
		const [command, ...ownFlags] = compiler as [string, ...string[]];
		const compile = (input: { arguments: readonly string[]; input?: string }) =>
			spawnSync(command, [...ownFlags, ...input.arguments], {
				cwd: work,
				input: input.input ?? "",
				encoding: "utf8",
				stdio: ["pipe", "ignore", "pipe"],
			});
		const program =
			'#include <math.h>\n#include <stdio.h>\nint main(int c, char** v) { printf("%g", sin(c)); return 0; }\n';
		const links = (extra: readonly string[]) =>
			compile({ arguments: [...extra, "-x", "c", "-", "-o", "probe", "-lm"], input: program });
		const wordBits = links(flagsOf32Bits).status === 0 ? 32 : 64;
		const wordFlags = wordBits === 32 ? flagsOf32Bits : [];
		if (wordBits === 64) {
			const probe = links([]);
			if (probe.status !== 0)
				return {
					ok: false,
					reason: `The C compiler \`${compiler.join(" ")}\` builds no programs: ${firstLine(probe.stderr)}`,
				};
		}

		options.onProgress?.("building the XS engine, once, about 15 s");
		const includes = [hostDirectory, ...["includes", "platforms", "sources"].map((name) => join(xsDirectory, name))];
		// Largest first, so that no core is left with a long file at the end. Objects go to the working directory.
		const bySize = [...sources].sort((a, b) => statSync(b).size - statSync(a).size);
		const compilation = spawnSync(
			"xargs",
			[
				...["-0", "-n", "1", "-P", String(availableParallelism())],
				...compiler,
				...wordFlags,
				...flags,
				...includes.map((path) => `-I${path}`),
				"-c",
			],
			{ cwd: work, input: bySize.join("\0"), encoding: "utf8", stdio: ["pipe", "ignore", "pipe"] },
		);
		if (compilation.error !== undefined)
			return { ok: false, reason: `xargs did not start: ${compilation.error.message}` };
		if (compilation.status !== 0) return { ok: false, reason: `Compiling XS failed: ${firstLine(compilation.stderr)}` };
		const objects = bySize.map((file) => basename(file).replace(/c$/, "o"));
		const link = compile({ arguments: [...wordFlags, ...objects, ...libraries, "-o", "host"] });
		if (link.status !== 0) return { ok: false, reason: `Linking XS failed: ${firstLine(link.stderr)}` };

		for (const file of [...objects, "probe"]) rmSync(join(work, file), { force: true });
		writeFileSync(join(work, "build.json"), `${JSON.stringify({ wordBits })}\n`);
		try {
			renameSync(work, directory);
		} catch (error) {
			// Somebody whose lock we could not see was faster; both built the same.
			if (!existsSync(directory)) throw error;
		}
		return (
			readBuilt(directory) ?? { ok: false, reason: `The XS engine in ${directory} is damaged: delete that folder.` }
		);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

function readBuilt(directory: string): XsBuild | undefined {
	const path = join(directory, "host");
	const record = join(directory, "build.json");
	if (!existsSync(path) || !existsSync(record)) return undefined;
	const { wordBits } = JSON.parse(readFileSync(record, "utf8")) as { wordBits?: unknown };
	return wordBits === 32 || wordBits === 64 ? { ok: true, path, wordBits } : undefined;
}

function findXs(): string | undefined {
	try {
		const manifest = createRequire(import.meta.url).resolve("@agoric/xsnap/package.json");
		return join(dirname(manifest), "moddable", "xs");
	} catch {
		return undefined; // An optional dependency that was left out.
	}
}

function findCompiler(wish: string | undefined): readonly string[] | undefined {
	const named = wish ?? process.env.CC;
	const candidates = named ? [named] : ["cc", "gcc", "clang"];
	return candidates
		.map((candidate) => candidate.trim().split(/\s+/))
		.find(([command]) => command && spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0);
}

/** `node_modules/.cache/visionvend` of the installation that XS came with, when it can be written. */
function cacheDirectory(xsDirectory: string): string {
	const modules = xsDirectory.lastIndexOf("node_modules");
	const home = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
	const candidates = [
		...(modules < 0 ? [] : [join(xsDirectory.slice(0, modules), "node_modules", ".cache", "visionvend")]),
		join(home, "visionvend"),
	];
	for (const candidate of candidates) {
		try {
			mkdirSync(candidate, { recursive: true });
			accessSync(candidate, constants.W_OK);
			return candidate;
		} catch {
			// A read-only installation: try the next place.
		}
	}
	return mkdtempSync(join(tmpdir(), "visionvend-"));
}

function filesIn(directory: string, ending: string): string[] {
	return readdirSync(directory)
		.filter((name) => name.endsWith(ending))
		.sort()
		.map((name) => join(directory, name));
}

function firstLine(text: string): string {
	return text.split("\n").find((line) => /error|cannot/i.test(line)) ?? text.split("\n")[0] ?? "";
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, chmod, constants, mkdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@visionvend/sdk/clock";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import type { BrokerUser, RunningBroker } from "./running-broker.ts";

const run = promisify(execFile);
const readyWithinMs = 10_000;
const keptLines = 40;

/**
 * Runs mosquitto and watches its own standard input: when that ends, because somebody closed it or the process that
 * started it ended in whatever way, mosquitto ends too. It is asked until it is gone: mosquitto forgets a SIGTERM that
 * comes just before its main loop begins.
 */
const guard = `
exec 3<&0
"$1" -c "$2" </dev/null 3<&- & broker=$!
{ read -r _; while kill "$broker"; do sleep 1; done; } <&3 2>/dev/null & watcher=$!
echo "pid $broker" >&2
wait "$broker"; code=$?
kill "$watcher" 2>/dev/null
exit $code
`;

export interface MosquittoOptions {
	readonly users: readonly BrokerUser[];
	/** An empty folder for certificates, configuration and what the broker keeps; it stays there afterwards. */
	readonly directory: string;
	/** 0 or absent takes a free one. */
	readonly port?: number | undefined;
	/** For thousands of clients on this machine: without TLS, and what it keeps goes to disk when it ends in good order. */
	readonly isBusy?: boolean;
}

/**
 * Starts the mosquitto that is installed on this machine, as a production broker would be set up: TLS 1.3 alone,
 * passwords, and access lists that keep every machine to its own topics. Reachable from this machine alone.
 * Answers `absent` with one line for people where mosquitto or openssl is missing.
 */
export async function startMosquitto(options: MosquittoOptions): Promise<RunningBroker | { readonly absent: string }> {
	const binary = await findProgram("mosquitto");
	if (binary === undefined) return { absent: "mosquitto is not installed (Debian: apt-get install mosquitto)" };
	const passwordTool = await findProgram("mosquitto_passwd");
	if (passwordTool === undefined) return { absent: "mosquitto_passwd, which comes with mosquitto, is not installed" };
	const { isBusy = false } = options;
	if (!isBusy && (await findProgram("openssl")) === undefined)
		return { absent: "openssl is not installed, so there are no certificates" };
	const port = options.port || (await freePort());
	const certificates = isBusy ? undefined : await makeCertificates(options.directory);
	const configurationFile = await writeConfiguration(options, passwordTool, certificates, port);
	let process = await Mosquitto.start(binary, configurationFile);
	return {
		kind: "mosquitto",
		url: `${isBusy ? "mqtt" : "mqtts"}://127.0.0.1:${port}`,
		...(certificates === undefined ? {} : { ca: certificates.ca, caFile: certificates.caFile }),
		kill: () => process.kill(),
		async restart() {
			if (!process.running) process = await Mosquitto.start(binary, configurationFile);
		},
		close: () => process.close(),
	};
}

async function writeConfiguration(
	options: MosquittoOptions,
	passwordTool: string,
	certificates: Certificates | undefined,
	port: number,
): Promise<string> {
	const { directory, users } = options;
	const passwordFile = join(directory, "passwords");
	const accessFile = join(directory, "access");
	const dataDirectory = join(directory, "data");
	const configurationFile = join(directory, "mosquitto.conf");
	await mkdir(dataDirectory, { recursive: true });
	const lines = users.map(({ username, password }) => `${username}:${password}\n`);
	await writeFile(passwordFile, lines.join(""), { mode: 0o600 });
	// Hashes the file in place: a password on a command line could be read by everybody on the machine.
	await run(passwordTool, ["-U", passwordFile]);
	// As `visionvend-cloud broker-files` writes it: later accounts of a machine are its name, a dot and a number.
	const renewed = users.flatMap(({ username }) => {
		const machineId = /^(.+)\.\d+$/.exec(username)?.[1];
		return machineId === undefined ? [] : [`user ${username}\ntopic readwrite devices/${machineId}/#\n`];
	});
	const access = ["user cloud\ntopic readwrite devices/#\n", ...renewed, "pattern readwrite devices/%u/#\n"];
	await writeFile(accessFile, access.join("\n"), { mode: 0o600 });
	await chmod(accessFile, 0o600);
	await writeFile(
		configurationFile,
		`# Written by VisionVend; see mosquitto.conf(5).
# Started as root, mosquitto would turn into a user who cannot read this folder.
user ${userInfo().username}
listener ${port} 127.0.0.1
${certificates === undefined ? "" : tlsLines(certificates)}allow_anonymous false
password_file ${passwordFile}
acl_file ${accessFile}
persistence true
persistence_location ${dataDirectory}/
${certificates === undefined ? busyLines : savingLines}log_dest stderr
# "information" carries the line that says it is ready.
log_type error
log_type warning
log_type notice
log_type information
`,
	);
	return configurationFile;
}

function tlsLines({ certificateFile, keyFile }: Certificates): string {
	return `certfile ${certificateFile}
keyfile ${keyFile}
tls_version tlsv1.3
`;
}

const savingLines = `# Every change goes to disk, so that a broker that is killed loses nothing. Too slow for a busy broker.
autosave_on_changes true
autosave_interval 1
`;

const busyLines = `# Nothing that comes faster than a client takes it is dropped; the default is 1,000 messages.
max_queued_messages 0
`;

class Mosquitto {
	readonly #child: ChildProcess;
	readonly #ended: Promise<void>;
	readonly #lines: string[] = [];
	#pid: number | undefined;
	#running = true;

	private constructor(binary: string, configurationFile: string) {
		this.#child = spawn("/bin/sh", ["-c", guard, "visionvend-mosquitto", binary, configurationFile], {
			stdio: ["pipe", "ignore", "pipe"],
			// In a process group of its own: Ctrl-C in a terminal is for whoever started it, who then ends it in order.
			detached: true,
		});
		this.#ended = new Promise((resolve) => {
			const end = () => {
				this.#running = false;
				this.#child.stdin?.destroy();
				resolve();
			};
			this.#child.once("exit", end);
			this.#child.once("error", end);
		});
		// The guard's input breaks when it ends; that is how it should be.
		this.#child.stdin?.once("error", () => undefined);
	}

	/** Resolves when it takes connections. */
	static async start(binary: string, configurationFile: string): Promise<Mosquitto> {
		const mosquitto = new Mosquitto(binary, configurationFile);
		await mosquitto.#ready();
		return mosquitto;
	}

	get running(): boolean {
		return this.#running;
	}

	async kill(): Promise<void> {
		if (this.#running && this.#pid !== undefined) process.kill(this.#pid, "SIGKILL");
		await this.#ended;
	}

	/** Ends in good order. */
	async close(): Promise<void> {
		this.#child.stdin?.destroy();
		await this.#ended;
	}

	#ready(): Promise<void> {
		return new Promise((resolve, reject) => {
			let rest = "";
			const fail = (why: string) => {
				this.#child.stdin?.destroy();
				reject(new Error(`mosquitto did not start: ${why}\n${this.#lines.join("\n")}`));
			};
			const stopWaiting = systemClock.after(readyWithinMs, () =>
				fail(`it was not ready within ${readyWithinMs / 1_000} s`),
			);
			this.#child.stderr?.setEncoding("utf8");
			this.#child.stderr?.on("data", (chunk: string) => {
				const lines = (rest + chunk).split("\n");
				rest = lines.pop() ?? "";
				for (const line of lines) {
					this.#lines.push(line);
					if (this.#lines.length > keptLines) this.#lines.shift();
					const pid = /^pid (\d+)$/.exec(line)?.[1];
					if (pid !== undefined) this.#pid = Number(pid);
					if (/mosquitto version \S+ running/.test(line)) {
						stopWaiting();
						resolve();
					}
				}
			});
			void this.#ended.then(() => {
				stopWaiting();
				fail("it ended at once");
			});
		});
	}
}

/** Looks where the shell looks, and in the folders of daemons, which are not on everybody's path. */
async function findProgram(name: string): Promise<string | undefined> {
	const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];
	for (const folder of folders) {
		const file = join(folder, name);
		try {
			await access(file, constants.X_OK);
			return file;
		} catch {
			// Not here; the next folder may have it.
		}
	}
	return undefined;
}

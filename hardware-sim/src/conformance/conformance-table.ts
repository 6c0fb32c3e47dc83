import { type Conformance, type ConformanceHostName, conformanceHosts } from "./run-conformance.ts";

const titles: Readonly<Record<ConformanceHostName, string>> = Object.freeze({
	node: "simulator, Node",
	xs: "simulator, XS",
	linux: "Linux provider, simulated device files",
});

/** The result of each driver on each host as a Markdown table, and below it what a cell says too briefly. */
export function conformanceTable(results: readonly Conformance[]): string {
	const parts = [...new Set(results.map(({ part }) => part))];
	const hosts = conformanceHosts.filter((host) => results.some((result) => result.host === host));
	const cellOf = (part: string, host: ConformanceHostName): string => {
		const result = results.find((candidate) => candidate.part === part && candidate.host === host);
		if (result === undefined) return "not run";
		if (result.notThere !== undefined) return "–";
		return result.failures.length === 0 ? "pass" : `**${result.failures.length} broken**`;
	};
	const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
	const reasons = results.filter(({ notThere }) => notThere !== undefined);
	return [
		row(["driver", ...hosts.map((host) => titles[host]), "ESP32-S3", "Raspberry Pi"]),
		row(["---", ...hosts.map(() => "---"), "---", "---"]),
		...parts.map((part) => row([part, ...hosts.map((host) => cellOf(part, host)), "not tried", "not tried"])),
		...(reasons.length > 0 ? ["", ...reasons.map(({ part, notThere }) => `– ${part}: ${notThere}.`)] : []),
	].join("\n");
}

import { parseArgs } from "node:util";
import { claimMachine } from "../cloud/claim-machine.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi claim URL [--out FOLDER]

Makes this Pi the machine of a QR code, once and within 15 minutes of its making: writes pi.json, cloud.json and
controller.json. URL is the text of the code, https://cloud.example/claim#…; put it in quotes.

  --out FOLDER   where the files go; /etc/visionvend where not given

Exit status: 0 claimed, 1 not (the reason is told), 2 wrong words.
`;

/** `claim URL`. */
export async function claim(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: { out: { type: "string", default: "/etc/visionvend" }, help: { type: "boolean", short: "h" } },
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const [url, ...more] = positionals;
	if (url === undefined || more.length > 0) throw new UsageError("claim: say which, as the QR code says it.");
	const machineId = await claimMachine(url, values.out);
	process.stdout.write(
		`This Pi is ${machineId} now. ${values.out}/controller.json goes into the controller's storage under "configuration".\n`,
	);
	return 0;
}

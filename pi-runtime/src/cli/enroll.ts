import { parseArgs } from "node:util";
import { systemClock } from "@visionvend/sdk/clock";
import { startDetector } from "../detect/worker-detector.ts";
import { enrollProduct, mostPhotographs } from "../enroll/enroll-product.ts";
import { machineInstallations } from "../release/installations.ts";
import { machineModelPath } from "../release/installed-model.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi enroll LABEL PHOTO… [--others PICTURE]… [--model FILE] [--json]

Learns a product that the detector does not know from 1 to ${mostPhotographs} photographs, on this device, and writes it beside the
model. From then on detect, track and the service find it. A label that was enrolled before is learned anew.

  PHOTO             the product in the middle, in the fridge and its light, from the side that the cameras see
  --others PICTURE  shelves without it; give two or three, more than once
  --model FILE      an ONNX detector that gives features; the one that this machine sees with where not given
  --json            one object

Exit status: 0 learned, 1 a photograph or the model cannot be used, 2 wrong words.
`;

/** `enroll LABEL PHOTO…`: learns a product. */
export async function enroll(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				others: { type: "string", multiple: true, default: [] },
				model: { type: "string", short: "m" },
				json: { type: "boolean", default: false },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const [label, ...photographs] = positionals;
	if (label === undefined) throw new UsageError("enroll: say the product's label, then its photographs.");
	if (!/^[\w-]{1,64}$/.test(label) || label === "hand")
		throw new UsageError(`enroll: "${label}" is no label; take the product's sku, of letters, digits and dashes.`);
	if (photographs.length < 1 || photographs.length > mostPhotographs)
		throw new UsageError(`enroll: give 1 to ${mostPhotographs} photographs; these are ${photographs.length}.`);
	const { folder } = machineInstallations(process.env)["visionvend-model"];
	const modelPath = values.model ?? (await machineModelPath(folder));
	const detector = await startDetector({ model: modelPath, clock: systemClock });
	try {
		if (detector.labels.includes(label) && !detector.model.enrolled.includes(label))
			throw new UsageError(`enroll: the model knows "${label}" already.`);
		const { others } = values;
		const { path, products, recognised, mistaken } = await enrollProduct({
			detector,
			modelPath,
			label,
			photographs,
			others,
		});
		const text = values.json
			? JSON.stringify({ path, products, recognised, mistaken })
			: [
					`${label} is learned from ${photographs.length} photographs and stands in ${path}`,
					recognised.of === 0
						? "Give more than one photograph to know how well it is recognised."
						: `Recognised in ${recognised.times} of ${recognised.of} photographs that were kept back, one after the other.`,
					`${mistaken.times} of ${mistaken.of} other things are taken for an enrolled product.`,
				].join("\n");
		process.stdout.write(`${text}\n`);
		return 0;
	} finally {
		await detector.close();
	}
}

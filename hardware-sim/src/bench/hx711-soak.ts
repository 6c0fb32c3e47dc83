import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HX711 } from "@visionvend/drivers/hx711";
import { Board } from "../board/board.ts";
import { HX711Chip } from "../chips/hx711.ts";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";

/** `digital` knows the time, `digital-without-clock` does not, `spi` needs none. */
export const soakTransports = ["digital", "digital-without-clock", "spi"] as const;
export type SoakTransport = (typeof soakTransports)[number];

export interface SoakOptions {
	/** Readings that the driver begins to fetch. */
	readonly samples: number;
	readonly seed: number;
	readonly transport: SoakTransport;
	/** Share of readings with an interruption of the host. 0.05 where not given: 15 times of what Linux did on a bad day. */
	readonly stallShare?: number;
	/** Bit rate of SPI. The driver's own where not given. */
	readonly hz?: number;
}

export interface SoakResult {
	/** Readings that came out of the driver without a fault. */
	readonly accepted: number;
	/** Readings that did not: dropped, or given with a fault. */
	readonly dropped: number;
	/** Accepted ones that are not what the chip had latched. */
	readonly wrong: number;
	/** The furthest that one of those was off, in counts. */
	readonly worstCounts: number;
	/** How often the chip fell asleep while it was read. */
	readonly sleeps: number;
	/** How often the next conversion overtook a reading. */
	readonly torn: number;
	/** Interruptions of the host. */
	readonly stalls: number;
	/** Time of the chip. */
	readonly virtualSeconds: number;
}

const scaleClock = 14;
const scaleData = 15;
/** GPIO accesses of a reading at gain 128: look, 24 × (rise, read, fall), rise, fall, look. */
const accesses = 76;
const longestStallNs = 500_000;
const millisecond = 1_000_000;

/**
 * Reads an HX711 at 80 conversions a second while the host is interrupted for up to half a millisecond, at any access,
 * and compares each value with what the chip had latched.
 */
export function hx711Soak(options: SoakOptions): SoakResult {
	const { samples, seed, transport, stallShare = 0.05, hz } = options;
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const random = new SeededRandom(seed);
	const chip = new HX711Chip({
		clock,
		pins: { clock: board.net(scaleClock), data: board.net(scaleData) },
		random: random.fork("noise"),
		rate: 80,
	});
	const load = random.fork("load");
	const interruptions = random.fork("interruptions");
	const scale = openScale(board, transport, hz);
	let accepted = 0;
	let wrong = 0;
	let worstCounts = 0;
	let sleeps = 0;
	let stalls = 0;
	while (chip.fetches < samples) {
		// At no fixed distance from the conversions, so that some end while the one before is read.
		clock.run(Math.round((4 + 10 * load.next()) * millisecond));
		chip.setInput(nextLoad(load));
		const fetchesBefore = chip.fetches;
		const sleepsBefore = chip.sleeps;
		if (interruptions.next() < stallShare) {
			stalls++;
			board.stall(Math.round(interruptions.next() * longestStallNs), 1 + Math.floor(interruptions.next() * accesses));
		}
		const sample = scale.sample();
		if (chip.fetches > fetchesBefore) sleeps += chip.sleeps - sleepsBefore;
		if (sample === undefined || sample.faults !== undefined) continue;
		accepted++;
		const off = Math.abs(sample.raw - (chip.fetched ?? Number.NaN));
		if (off === 0) continue;
		wrong++;
		worstCounts = Math.max(worstCounts, off);
	}
	const dropped = chip.fetches - accepted;
	return { accepted, dropped, wrong, worstCounts, sleeps, torn: chip.torn, stalls, virtualSeconds: clock.now / 1e9 };
}

function openScale({ io, clock }: Board, transport: SoakTransport, hz: number | undefined): HX711 {
	const { Digital, SPI } = io;
	if (transport === "spi")
		return new HX711({ sensor: { io: SPI, out: scaleClock, in: scaleData, ...(hz === undefined ? {} : { hz }) } });
	const wires = { clock: { io: Digital, pin: scaleClock }, data: { io: Digital, pin: scaleData } };
	return new HX711(transport === "digital" ? { ...wires, microseconds: () => clock.now / 1_000 } : wires);
}

/** Mostly a shelf's weight, now and then anything that fits into 24 bits, and the values whose bits are all alike. */
function nextLoad(random: SeededRandom): number {
	const kind = random.next();
	if (kind < 0.8) return Math.floor(200_000 + 400_000 * random.next());
	if (kind < 0.95) return Math.floor((2 * random.next() - 1) * 0x7f_ff_00);
	return kind < 0.975 ? 0 : -1;
}

/** `hx711-soak --samples 1000000 --seed 1 [--transport spi]`: one line of JSON for each transport. */
function main(): void {
	const { values } = parseArgs({
		options: {
			samples: { type: "string", default: "1000000" },
			seed: { type: "string", default: "1" },
			transport: { type: "string" },
		},
	});
	const chosen = soakTransports.filter((name) => values.transport === undefined || values.transport === name);
	if (chosen.length === 0)
		throw new RangeError(`--transport is one of ${soakTransports.join(", ")}, not ${String(values.transport)}.`);
	for (const transport of chosen) {
		const from = performance.now();
		const result = hx711Soak({ samples: Number(values.samples), seed: Number(values.seed), transport });
		const wallSeconds = Math.round(performance.now() - from) / 1_000;
		process.stdout.write(`${JSON.stringify({ transport, ...result, wallSeconds })}\n`);
		// Without a clock the driver cannot know; its page says how far it may be off.
		if (transport !== "digital-without-clock" && result.wrong > 0) process.exitCode = 1;
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();

import type { MachineKind } from "@visionvend/sdk/device/messages";
import type { CoffeeGroupChip } from "../chips/coffee-group.ts";
import type { DispenseMotorChip } from "../chips/dispense-motor.ts";
import { linkFlippedBits } from "../faults/bus-faults.ts";
import { chooseFaults, faults as sweptFaults } from "../faults/catalogue.ts";
import { type Fault, FaultNotHere, fault, type Heal, nothing, wireOf } from "../faults/fault.ts";
import { networkLoss } from "../faults/network-faults.ts";
import { didYouMean } from "../language/did-you-mean.ts";
import type { SeededRandom } from "../random.ts";
import type { Crossing } from "../scenario/lifeline.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { StripeFaults } from "../stripe/stripe-simulator.ts";
import { cutAtFlashWrite } from "./cut-at-flash-write.ts";
import { pick, pickWeighted } from "./pick.ts";
import type { Cue } from "./trouble.ts";

/** A fault that needs a stage in memory: it ends a room between two of its own steps, or the payment network's answers. */
export interface CampaignFault extends Omit<Fault, "inject"> {
	readonly inject: (stage: MemoryStage, random: SeededRandom) => Heal | Promise<Heal>;
	/** On which machines it can be; on all where not given. */
	readonly kinds?: readonly MachineKind[];
	/** Where it finds what it is looking for, when that is not where its layer does. */
	readonly aim?: Aim;
}

/** Moments of a sale, and how soon after one of them a fault begins. */
export interface Aim {
	readonly cues: readonly Cue[];
	readonly withinMs: readonly number[];
}

type Inject = CampaignFault["inject"];
type More = NonNullable<Parameters<typeof fault>[4]>;

function campaignFault(
	layer: Fault["layer"],
	name: Fault["name"],
	summary: string,
	inject: Inject,
	more: More & { readonly aim?: Aim; readonly kinds?: readonly MachineKind[] } = {},
): CampaignFault {
	const { aim, kinds, ...rest } = more;
	return Object.freeze({
		...fault(layer, name, summary, () => nothing, rest),
		inject,
		...(aim === undefined ? {} : { aim }),
		...(kinds === undefined ? {} : { kinds }),
	});
}

const betweenSteps: Readonly<Record<"cloud" | "pi", readonly Cue[]>> = Object.freeze({
	pi: ["controller report.sent", "controller report.sent", "controller report.sent", "cloud unlock.sent"],
	cloud: ["pi report.sent", "pi report.sent", "pi report.sent", "controller hello.sent"],
});
/**
 * What is out and not yet written down is what a death takes with it. A Pi writes to the wire whatever it has taken over
 * from the controller.
 */
const crossings: Readonly<Record<"cloud" | "pi", readonly (readonly [Crossing, number])[]>> = Object.freeze({
	cloud: [
		["commit", 4],
		["committed", 1],
		["publish", 1],
		["published", 1],
	],
	pi: [
		["commit", 2],
		["committed", 1],
		["publish", 1],
		["published", 1],
		["write", 1],
		["written", 5],
	],
});

/** A room dies as it crosses one of the next boundaries, and comes back when the fault is over. */
function killedBetween(room: "cloud" | "pi"): CampaignFault {
	return campaignFault(
		"host",
		`${room}-killed-between-steps`,
		`the ${room} dies right before or after a commit, a publication or a write to the wire`,
		(stage, random): Heal => {
			const where = pickWeighted(random, crossings[room]);
			let left = Math.floor(random.next() ** 3 * 4);
			const giveUp = stage.killAt(room, (crossing) => crossing === where && left-- === 0);
			return async () => {
				giveUp();
				await stage.start(room);
			};
		},
		// It waits for the boundary by itself: the sooner it lies in wait, the better.
		{ usualMs: 6_000, aim: { cues: betweenSteps[room], withinMs: room === "cloud" ? [5] : [5, 20] } },
	);
}

/** The cloud dies when the payment network has done what it was asked for, before it hears of it. */
function killedAtPayment(): CampaignFault {
	return campaignFault(
		"host",
		"cloud-killed-at-payment",
		"the cloud dies when the payment network has answered and before it hears of it",
		(stage, random): Heal => {
			const wanted = /\/(payment_intents$|capture$|cancel$)/;
			let left = Math.floor(random.next() * 3);
			stage.killCloudAfterPaymentCall((method, path) => method === "POST" && wanted.test(path) && left-- === 0);
			return async () => {
				stage.killCloudAfterPaymentCall(() => false);
				await stage.start("cloud");
			};
		},
		{
			usualMs: 8_000,
			aim: { cues: ["phone comes out", "phone comes out", "controller door.closed"], withinMs: [20] },
		},
	);
}

/** What goes wrong between cloud and payment network, for some of the calls. */
function payments(
	name: Fault["name"],
	summary: string,
	begin: (happens: () => boolean) => StripeFaults,
): CampaignFault {
	return campaignFault(
		"network",
		name,
		summary,
		({ payments: { faults } }, random): Heal => {
			const share = 0.3 + random.next() * 0.7;
			const mine = begin(() => random.next() < share);
			Object.assign(faults, mine);
			return () => {
				for (const key of Object.keys(mine)) delete faults[key as keyof StripeFaults];
			};
		},
		{
			usualMs: 8_000,
			aim: {
				cues: ["phone comes out", "phone comes out", "pi report.sent", "cloud report.received"],
				withinMs: [5, 20],
			},
		},
	);
}

/** The spiral that turns, or any of them. */
function spiral({ machine: { rack } }: MemoryStage, random: SeededRandom): DispenseMotorChip {
	if (rack === undefined) throw new FaultNotHere("There are no slots.");
	return rack.motors.find(({ running }) => running) ?? pick(random, rack.motors);
}

function group({ machine: { coffee } }: MemoryStage): CoffeeGroupChip {
	if (coffee === undefined) throw new FaultNotHere("This machine makes no coffee.");
	return coffee.group;
}

const vending = { kinds: ["vending"], usualMs: 15_000 } as const;
const coffee = { kinds: ["coffee"], usualMs: 15_000 } as const;
const unsound = { soundSensors: false } as const;

/** What breaks in machines that deliver. */
const deliveryFaults: readonly CampaignFault[] = Object.freeze([
	campaignFault(
		"world",
		"slot-jammed",
		"something is wedged in a spiral",
		(stage, random): Heal => {
			const motor = spiral(stage, random);
			motor.setJammed(true);
			return () => motor.setJammed(false);
		},
		vending,
	),
	campaignFault(
		"world",
		"slot-empty",
		"somebody has taken all products out of a slot",
		(stage, random): Heal => {
			const motor = spiral(stage, random);
			const { products } = motor;
			motor.fill(0);
			return () => motor.fill(products);
		},
		vending,
	),
	campaignFault(
		"world",
		"product-sticks",
		"a product holds on to its spiral for a turn or three",
		(stage, random): Heal => {
			const motor = spiral(stage, random);
			motor.stickFor(1 + Math.floor(random.next() * 3));
			return () => motor.stickFor(0);
		},
		vending,
	),
	campaignFault(
		"world",
		"product-falls-late",
		"a product leans at the glass and falls when nobody looks any more",
		(stage, random): Heal => {
			const motor = spiral(stage, random);
			motor.dropLate(4_000 + random.next() * 6_000);
			return () => motor.dropLate(0);
		},
		{ ...vending, ...unsound },
	),
	campaignFault(
		"sensor",
		"drop-sensor-dirty",
		"no light reaches the drop sensor",
		({ machine: { rack } }): Heal => {
			rack?.dropSensor.setDirty(true);
			return () => rack?.dropSensor.setDirty(false);
		},
		{ ...vending, ...unsound },
	),
	campaignFault(
		"sensor",
		"drop-sensor-dead",
		"the drop sensor sees nothing",
		({ machine: { rack } }): Heal => {
			rack?.dropSensor.setAlive(false);
			return () => rack?.dropSensor.setAlive(true);
		},
		{ ...vending, ...unsound },
	),
	campaignFault(
		"net",
		"home-switch-stuck",
		"the switches of the spirals say that all are at home",
		(stage) => wireOf(stage, "home_switch").distort(() => 1),
		{ ...vending, ...unsound },
	),
	campaignFault(
		"chip",
		"heater-relay-dead",
		"the relay of the heater does not close",
		(stage): Heal => {
			const chip = group(stage);
			chip.setHeaterRelay("dead");
			return () => chip.setHeaterRelay("works");
		},
		coffee,
	),
	campaignFault(
		"chip",
		"pump-blocked",
		"the pump hums, and nothing flows",
		(stage): Heal => {
			const chip = group(stage);
			chip.setPumpBlocked(true);
			return () => chip.setPumpBlocked(false);
		},
		coffee,
	),
	campaignFault(
		"sensor",
		"thermistor-broken",
		"a wire of the boiler's thermistor is broken",
		(stage): Heal => {
			const chip = group(stage);
			chip.setThermistor("broken");
			return () => chip.setThermistor("works");
		},
		{ ...coffee, ...unsound },
	),
	campaignFault(
		"sensor",
		"flow-meter-dead",
		"the flow meter does not turn",
		(stage) => wireOf(stage, "flow_meter").distort(() => 1),
		{ ...coffee, ...unsound },
	),
]);

const ownFaults: readonly CampaignFault[] = Object.freeze([
	killedBetween("cloud"),
	killedBetween("pi"),
	killedAtPayment(),
	campaignFault(
		"power",
		"power-cut-at-flash-write",
		"the controller loses its power while it writes to its flash",
		cutAtFlashWrite,
		{
			aim: {
				cues: [
					"controller hello.sent",
					"controller unlock.accepted",
					"controller door.opened",
					"controller door.closed",
				],
				withinMs: [5, 20],
			},
		},
	),
	campaignFault(
		"power",
		"power-cut-with-the-door-open",
		"the controller loses its power while somebody stands at the open door, and has it back when the door is shut",
		({ machine }): Heal => {
			machine.powerCut();
			return () => machine.powerUp("power-on");
		},
		{
			kinds: ["fridge"],
			usualMs: 12_000,
			aim: { cues: ["controller door.opened"], withinMs: [200, 1_000, 3_000] },
		},
	),
	campaignFault(
		"bus",
		"report-bits-flipped",
		"bits turn over between controller and Pi while a report is on its way",
		linkFlippedBits(5).inject,
		{ usualMs: 1_500, aim: { cues: ["controller report.sent"], withinMs: [2, 20] } },
	),
	campaignFault(
		"network",
		"pi-connection-breaks",
		"the Pi's connection to the broker breaks whenever it publishes; what it published may have arrived or not",
		networkLoss("pi", 1_000).inject,
		{ usualMs: 2_000, aim: { cues: ["controller report.sent"], withinMs: [5, 60] } },
	),
	payments("payments-requests-lost", "requests to the payment network get lost", (happens) => ({
		dropRequest: happens,
	})),
	payments("payments-answers-lost", "answers of the payment network get lost", (happens) => ({
		dropResponse: happens,
	})),
	payments("payments-server-errors", "the payment network answers 500, having done the work or not", (happens) => ({
		serverError: () => (happens() ? (happens() ? "processed" : "unprocessed") : undefined),
	})),
	payments("payments-rate-limit", "the payment network answers 429", (happens) => ({ rateLimit: happens })),
]);

/** Shelves, their converters, the door and its lock are what a fridge sells with. */
const ofFridge = /^(hx711|shelf|hand-on-shelf|hall|lock_coil|brown-out-at-the-coil|door|wrong-shelf)/;

/** Whether the machine has what breaks. */
export function breaksOn({ name, kinds }: CampaignFault, kind: MachineKind): boolean {
	return kinds === undefined ? kind === "fridge" || !ofFridge.test(name) : kinds.includes(kind);
}

/**
 * What no software can keep its promises under, or what would end a campaign's day: a coil that has current whatever its
 * pin says opens for everybody.
 */
const leftOut: readonly string[] = Object.freeze(["lock_coil-stuck-high"]);

/** Everything that may break in a campaign: the faults of the sweep, and those that need a stage in memory. */
export const campaignFaults: readonly CampaignFault[] = Object.freeze([
	...sweptFaults.filter(({ name }) => !leftOut.includes(name)),
	...ownFaults,
	...deliveryFaults,
]);

/**
 * Faults by name, by layer, `all` or `none`. Throws a `RangeError` for a name that is not there.
 */
export function chooseCampaignFaults(names: readonly string[]): CampaignFault[] {
	const chosen = names.flatMap((name) => {
		if (name === "all") return campaignFaults;
		if (name === "none") return [];
		const found = campaignFaults.filter((candidate) => candidate.name === name || candidate.layer === name);
		if (found.length > 0) return found;
		if (leftOut.includes(name) || isSwept(name)) throw new RangeError(`"${name}" is not for campaigns.`);
		const known = campaignFaults.map((other) => other.name);
		throw new RangeError(`There is no fault "${name}"${didYouMean(name, known)}`);
	});
	return [...new Set(chosen)];
}

function isSwept(name: string): boolean {
	try {
		return chooseFaults([name]).length > 0;
	} catch (error) {
		if (error instanceof RangeError) return false;
		throw error;
	}
}

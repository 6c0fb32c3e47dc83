import { RestockButton } from "@visionvend/drivers/restock-button";
import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type { Digital } from "@visionvend/sdk/device/io/digital";
import type {
	CommandStatusBody,
	ControllerConfiguration,
	DoorBody,
	HealthBody,
	ReceiptBody,
} from "@visionvend/sdk/device/messages";
import { type Topics, topics } from "@visionvend/sdk/device/topics";
import {
	isConfigurationUpdateBody,
	isFirmwareChunkBody,
	isFirmwareManifestBody,
	isHelloRequestBody,
	isReceiptBody,
} from "@visionvend/sdk/device/validators.generated";
import { CalmRestart } from "./calm-restart.ts";
import type { ChosenConfiguration } from "./configuration/choose-configuration.ts";
import { ConfigurationChange } from "./configuration/configuration-change.ts";
import type { ControllerHost } from "./controller-host.ts";
import { Dispenser } from "./dispenser.ts";
import { Feedback } from "./feedback.ts";
import { FoodGuard } from "./food/food-guard.ts";
import { Freshness } from "./freshness.ts";
import { Fridge } from "./fridge/fridge.ts";
import { Greeting } from "./greeting.ts";
import type { MachineEvents, MachinePhase, Report } from "./machine.ts";
import { Orders } from "./orders.ts";
import { Calibrator } from "./remote/calibrator.ts";
import { Diagnosis } from "./remote/diagnosis.ts";
import { RemoteActions } from "./remote/remote-actions.ts";
import { RemoteCommands } from "./remote/remote-commands.ts";
import { Screen } from "./screen.ts";
import { Supply } from "./telemetry/supply.ts";
import { Telemetry } from "./telemetry/telemetry.ts";
import { firmwareIdentity } from "./update/firmware-identity.ts";
import { FirmwareTrial } from "./update/firmware-trial.ts";
import { FirmwareUpdate } from "./update/firmware-update.ts";
import { type OutgoingMessage, openUplink, type Uplink } from "./uplink/uplink.ts";

/** A status of this much detail, sealed, fits into one message of a modem (1,024 bytes) whatever the machine is called. */
const LONGEST_DETAIL_OVER_LTE = 240;
const LONGEST_DETAIL = 512;

/** The door controller: it makes the parts, and lets the cloud, the machine and the people in front of it hear of each other. */
export class Controller implements MachineEvents {
	readonly #host: ControllerHost;
	readonly #configuration: ControllerConfiguration;
	readonly #topics: Topics;
	readonly #machine: Fridge | Dispenser;
	readonly #piSignal: Digital;
	readonly #button: RestockButton | undefined;
	readonly #feedback: Feedback;
	readonly #screen: Screen;
	readonly #food: FoodGuard | undefined;
	readonly #supply: Supply | undefined;
	readonly #uplink: Uplink;
	readonly #greeting: Greeting;
	readonly #orders: Orders;
	readonly #telemetry: Telemetry;
	readonly #restart: CalmRestart;
	readonly #change: ConfigurationChange;
	readonly #remote: RemoteCommands;
	readonly #update: FirmwareUpdate;
	readonly #trial: FirmwareTrial;
	#rejected = 0;
	#closed = false;

	/** Throws where a part cannot be had: a pin that is in use, or one that the board does not have. */
	constructor(host: ControllerHost, chosen: ChosenConfiguration) {
		const { configuration } = chosen;
		this.#host = host;
		this.#configuration = configuration;
		this.#topics = topics(configuration.machineId);
		const { hello, command, health } = this.#topics;

		// What can be touched; the lock first of all.
		this.#machine = this.#openMachine();
		const machine = this.#machine;
		this.#piSignal = this.#openPiSignal();
		this.#button = this.#openButton();
		this.#feedback = new Feedback(host, configuration);
		this.#screen = new Screen({ host, feedback: this.#feedback, language: configuration.languages[0] ?? "en" });
		this.#food = this.#openFoodGuard();
		this.#supply = this.#openSupply();
		const { boot, phase } = machine.record;
		host.log("boot", { boot, phase, resetReason: host.resetReason });
		this.#uplink = this.#openUplink(boot);

		// What is said.
		const send = (message: OutgoingMessage): void => this.#uplink.send(message);
		const status = (body: CommandStatusBody, onDelivered?: () => void): void => this.#status(body, onDelivered);
		const onRejected = (topic: string, reason: string): void => this.#reject(topic, reason);
		const isFree = (): boolean => !machine.inSession && !machine.inService;
		const freshness = new Freshness(host);
		const { version } = configuration;
		this.#greeting = new Greeting({ host, machine, freshness, configuration: version, topic: hello, send });
		this.#orders = new Orders({
			host,
			machine,
			freshness,
			topic: command,
			obstacle: () => (this.#supply?.isLow === true ? "low-battery" : ""),
			onOrder: ({ language }) => this.#screen.speak(language),
			onRejected,
			send,
		});
		this.#telemetry = new Telemetry({
			host,
			topic: health,
			read: () => this.#health(),
			weigh: (done) => machine.weigh(done),
			send,
		});

		// What a person far away does.
		this.#restart = new CalmRestart({ host, isFree });
		this.#change = new ConfigurationChange({ host, chosen, restart: this.#restart, isFree, status });
		const actions = this.#makeActions();
		this.#remote = new RemoteCommands({
			host,
			freshness,
			perform: (body, progress) => actions.perform(body, progress),
			isServing: () => machine.inService,
			onRejected,
			status,
		});
		this.#update = new FirmwareUpdate({
			host,
			configuration,
			identity: firmwareIdentity,
			status,
			request: (body) => send({ topic: this.#topics.firmwareRequest, droppable: true, body: () => body }),
			mayInstall: () => isFree() && !this.#change.isPending,
		});
		this.#trial = new FirmwareTrial({
			host,
			check: () => (machine.failed ? "storage" : undefined),
			mayRestart: isFree,
			onConfirmed: () => this.#update.confirmed(),
		});

		// On a stack of its own: the one of the start is deep already.
		host.timer.set(() => this.#begin(), 0);
	}

	/** What the machine is doing. */
	get phase(): MachinePhase {
		return this.#machine.record.phase;
	}

	/** Messages that came and were not acted on, since power-up. */
	get rejected(): number {
		return this.#rejected;
	}

	/** Locks, and lets go of everything. A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#machine.close();
		this.#button?.close();
		this.#food?.close();
		this.#supply?.close();
		this.#uplink.close();
		this.#telemetry.close();
		this.#restart.close();
		this.#change.close();
		this.#remote.close();
		this.#update.close();
		this.#trial.close();
		this.#screen.close();
		this.#feedback.close();
		this.#piSignal.close();
	}

	#begin(): void {
		if (this.#closed) return;
		this.#machine.begin();
		this.#food?.begin();
		this.#change.begin();
		this.#remote.begin();
	}

	// Parts

	#openMachine(): Fridge | Dispenser {
		const configuration = this.#configuration;
		return configuration.kind === "fridge"
			? new Fridge(this.#host, configuration, this)
			: new Dispenser(this.#host, configuration, this);
	}

	#openPiSignal(): Digital {
		const { Digital } = this.#host.io;
		return new Digital({ pin: this.#configuration.pins.piSignal, mode: Digital.Output, initialValue: 0 });
	}

	#openButton(): RestockButton | undefined {
		const { restockButton } = this.#configuration.pins;
		if (restockButton === undefined) return undefined;
		const { io, timer } = this.#host;
		return new RestockButton({
			button: { io: io.Digital, pin: restockButton },
			timer,
			onPress: () => this.#machine.openAgain(),
			onHold: () => this.#machine.endService(),
		});
	}

	#openFoodGuard(): FoodGuard | undefined {
		const { foodSafety } = this.#configuration;
		if (foodSafety === undefined) return undefined;
		return new FoodGuard({
			host: this.#host,
			configuration: foodSafety,
			onLock: (reason) => this.#machine.setHealthLock(reason !== ""),
			onTemperature: (centidegrees) => this.#telemetry.temperature(centidegrees),
		});
	}

	#openSupply(): Supply | undefined {
		const { battery } = this.#configuration;
		if (battery === undefined) return undefined;
		return new Supply({ host: this.#host, configuration: battery, onChange: () => this.onChange() });
	}

	#openUplink(boot: number): Uplink {
		const { helloRequest, receipt, remoteCommand, configurationUpdate, firmware, firmwareChunk } = this.#topics;
		const order = this.#topics[this.#machine.orderTopic];
		return openUplink({
			host: this.#host,
			configuration: this.#configuration,
			boot,
			accepted: [helloRequest, order, receipt, remoteCommand, configurationUpdate, firmware, firmwareChunk],
			onCommand: (claims) => this.#command(claims),
			onRejected: (topic, reason) => this.#reject(topic, reason),
			onPeer: (connected) => {
				if (connected) this.#greeting.hello("");
			},
		});
	}

	#makeActions(): RemoteActions {
		const machine = this.#machine;
		const diagnosis = new Diagnosis({
			host: this.#host,
			machine,
			scales: this.#configuration.scales,
			food: this.#food,
			supply: this.#supply,
			uplink: this.#uplink,
			faults: () => this.#faults(),
		});
		return new RemoteActions({
			machine,
			restart: this.#restart,
			feedback: this.#feedback,
			diagnosis,
			calibrator:
				machine instanceof Fridge
					? new Calibrator({
							fridge: machine,
							scales: () => this.#change.scales,
							keep: (scales) => this.#change.keepScales(scales),
						})
					: undefined,
			food: this.#food,
			barista: machine instanceof Dispenser ? machine.barista : undefined,
		});
	}

	// What the cloud says

	#command(claims: Claims): void {
		const { topic, body } = claims;
		this.#trial.reachedCloud();
		// Something that was under way since before the start proves nothing about the way there.
		if (this.#greeting.said) this.#change.reachedCloud();
		const { helloRequest, receipt, remoteCommand, configurationUpdate, firmware, firmwareChunk } = this.#topics;
		if (topic === this.#topics[this.#machine.orderTopic]) this.#orders.take(claims);
		else if (topic === remoteCommand) this.#remote.take(claims);
		else if (topic === helloRequest && isHelloRequestBody(body)) this.#greeting.hello(body.request);
		else if (topic === receipt && isReceiptBody(body)) this.#showReceipt(topic, body);
		else if (topic === configurationUpdate && isConfigurationUpdateBody(body)) this.#change.take(body);
		else if (topic === firmware && isFirmwareManifestBody(body)) this.#update.begin(body);
		else if (topic === firmwareChunk && isFirmwareChunkBody(body)) this.#update.chunk(body);
		else this.#reject(topic, "bad-body");
	}

	#showReceipt(topic: string, receipt: ReceiptBody): void {
		const { saleId, outcome, totalCents } = receipt;
		if (this.#screen.showReceipt(receipt, this.#machine.inSession)) {
			this.#host.log("receipt.shown", { saleId, outcome, totalCents });
		} else {
			this.#reject(topic, "unknown-sale");
		}
	}

	#reject(topic: string, reason: string): void {
		this.#rejected += 1;
		this.#host.log("message.rejected", { topic, reason });
	}

	#status(body: CommandStatusBody, onDelivered?: () => void): void {
		const most = this.#configuration.uplink.via === "lte" ? LONGEST_DETAIL_OVER_LTE : LONGEST_DETAIL;
		this.#uplink.send({
			topic: this.#topics.commandStatus,
			droppable: false,
			body: () => ({ ...body, detail: body.detail.slice(0, most) }),
			...(onDelivered === undefined ? undefined : { onDelivered }),
		});
	}

	// What the machine says

	onExecuted(saleId: string, counter: number): void {
		this.#orders.executed(saleId, counter);
	}

	onRefused(saleId: string, counter: number, reason: string): void {
		this.#orders.refused(saleId, counter, reason);
	}

	onReport(report: Report): void {
		const { number, saleId, boot } = report;
		this.#screen.reported(saleId);
		this.#uplink.send({
			topic: this.#topics.saleReport,
			// The same text whenever it is sealed, so that nobody takes a repetition for a second opening.
			identity: { jti: `${boot}-report-${number}`, seq: number },
			droppable: false,
			body: () => {
				const body = report.body();
				this.#host.log("report.sent", { saleId, number, opened: body.opened, flags: body.flags });
				return body;
			},
			onDelivered: () => {
				this.#host.log("report.acknowledged", { saleId, number });
				this.#machine.acknowledge(number);
			},
		});
	}

	onService(state: "started" | "ended" | "refused", commandId: string, reason: string): void {
		this.#host.log(`service.${state}`, { commandId, reason });
		if (state !== "refused") this.#food?.service(state === "started");
		this.#remote.serviceChanged(state, commandId, reason);
	}

	onDoor(state: DoorBody["state"], saleId: string): void {
		const body: DoorBody = { state, saleId, atMs: this.#host.ticks() };
		this.#host.log(`door.${state}`, { saleId });
		this.#uplink.send({ topic: this.#topics.door, droppable: true, body: () => body });
		if (state === "closed") this.#food?.doorClosed();
	}

	onChange(): void {
		const { record, inSession } = this.#machine;
		const isLow = record.phase === "locked" && this.#supply?.isLow === true;
		this.#piSignal.write(inSession ? 1 : 0);
		this.#screen.show(isLow ? "low-battery" : record.phase, inSession);
		this.#telemetry.look();
	}

	// How everything is

	#health(): HealthBody {
		const { record, doorClosed, massesMilligrams, bins } = this.#machine;
		const supplyMillivolts = this.#supply?.millivolts;
		const temperatureCentidegrees = this.#food?.centidegrees;
		const { signalDbm } = this.#uplink;
		return {
			uptimeMs: this.#host.ticks(),
			boot: record.boot,
			doorClosed,
			massesMilligrams,
			phase: record.phase,
			resetReason: this.#host.resetReason,
			memoryFreeBytes: this.#host.memoryFree(),
			...(supplyMillivolts === undefined ? undefined : { supplyMillivolts }),
			...(temperatureCentidegrees === undefined ? undefined : { temperatureCentidegrees }),
			...(signalDbm === undefined ? undefined : { signalDbm }),
			...(bins === undefined ? undefined : { bins }),
			faults: this.#faults(),
		};
	}

	#faults(): readonly string[] {
		const faults = [...this.#machine.faults];
		if (this.#machine.failed) faults.push("storage");
		if (this.#food !== undefined) faults.push(...this.#food.faults);
		if (this.#supply !== undefined) faults.push(...this.#supply.faults);
		if (this.#button?.sample().faults !== undefined) faults.push("restock-button");
		faults.push(...this.#feedback.faults);
		return faults;
	}
}

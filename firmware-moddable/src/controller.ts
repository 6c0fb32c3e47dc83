import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type {
	CommandStatusBody,
	ControllerConfiguration,
	DoorBody,
	HealthBody,
	ReceiptBody,
	WeightCurveBody,
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
import { LONGEST_DETAIL_OVER_LTE, MOST_FAULTS_OVER_LTE } from "./configuration/lte-problem.ts";
import type { ControllerHost } from "./controller-host.ts";
import { Freshness } from "./freshness.ts";
import { Greeting } from "./greeting.ts";
import type { MachinePhase, Report } from "./machine.ts";
import { Orders } from "./orders.ts";
import { Parts, type PartsEvents } from "./parts.ts";
import { makeRemoteActions } from "./remote/remote-actions.ts";
import { RemoteCommands } from "./remote/remote-commands.ts";
import { Telemetry } from "./telemetry/telemetry.ts";
import type { FirmwareIdentity } from "./update/firmware-identity.ts";
import { FirmwareTrial } from "./update/firmware-trial.ts";
import { FirmwareUpdate } from "./update/firmware-update.ts";
import { type OutgoingMessage, openUplink, type Uplink } from "./uplink/uplink.ts";

const LONGEST_DETAIL = 512;

/** The door controller: it lets the cloud, the machine and the people in front of it hear of each other. */
export class Controller implements PartsEvents {
	readonly #host: ControllerHost;
	readonly #configuration: ControllerConfiguration;
	readonly #topics: Topics;
	readonly #parts: Parts;
	readonly #uplink: Uplink;
	readonly #freshness: Freshness;
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
	constructor(host: ControllerHost, chosen: ChosenConfiguration, identity: FirmwareIdentity) {
		const { configuration } = chosen;
		this.#host = host;
		this.#configuration = configuration;
		this.#topics = topics(configuration.machineId);
		const parts = new Parts(host, configuration, this);
		this.#parts = parts;
		const { machine } = parts;
		const { boot, phase } = machine.record;
		host.log("boot", { boot, phase, resetReason: host.resetReason });
		this.#uplink = this.#openUplink(boot);

		// What is said.
		const { hello, command, health, firmwareRequest } = this.#topics;
		const send = (message: OutgoingMessage): void => this.#uplink.send(message);
		// What nobody has to know of for good says how far something has come, or answers what may be a copy.
		const status = (body: CommandStatusBody, onDelivered?: () => void): void =>
			this.#status(body, onDelivered === undefined, onDelivered);
		const onRejected = (topic: string, reason: string): void => this.#reject(topic, reason);
		const freshness = new Freshness(host);
		this.#freshness = freshness;
		const { version } = configuration;
		this.#greeting = new Greeting({
			host,
			machine,
			freshness,
			configuration: version,
			firmware: identity.version,
			topic: hello,
			send,
		});
		this.#orders = new Orders({
			host,
			machine,
			freshness,
			topic: command,
			obstacle: () => (parts.isLow ? "low-battery" : ""),
			onOrder: ({ language }) => parts.screen.speak(language),
			onRejected,
			send,
		});
		const read = (): HealthBody => this.#health();
		this.#telemetry = new Telemetry({ host, topic: health, read, weigh: (done) => machine.weigh(done), send });

		// What a person far away does.
		const isFree = (): boolean => !machine.inSession && !machine.inService;
		const restart = new CalmRestart({ host, isFree });
		this.#restart = restart;
		const change = new ConfigurationChange({ host, chosen, restart, isFree, status });
		this.#change = change;
		const actions = makeRemoteActions({ host, parts, uplink: this.#uplink, restart, change });
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
			identity,
			status: (body, isAnswer) => this.#status(body, isAnswer),
			request: (body) => send({ topic: firmwareRequest, droppable: true, body: () => body }),
			mayInstall: () => isFree() && !change.isPending,
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
		return this.#parts.machine.record.phase;
	}

	/** Messages that came and were not acted on, since power-up. */
	get rejected(): number {
		return this.#rejected;
	}

	/** Locks, and lets go of everything. A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#parts.close();
		this.#uplink.close();
		this.#telemetry.close();
		this.#restart.close();
		this.#change.close();
		this.#remote.close();
		this.#update.close();
		this.#trial.close();
	}

	#begin(): void {
		if (this.#closed) return;
		this.#parts.begin();
		this.#change.begin();
		this.#remote.begin();
	}

	#openUplink(boot: number): Uplink {
		const { helloRequest, receipt, remoteCommand, configurationUpdate, firmware, firmwareChunk } = this.#topics;
		const order = this.#topics[this.#parts.machine.orderTopic];
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

	// What the cloud says

	#command(claims: Claims): void {
		const { topic, nonce, body } = claims;
		// All else may be a copy of years ago, or have been under way since before the start.
		if (this.#freshness.knows(nonce)) {
			this.#trial.reachedCloud();
			this.#change.reachedCloud();
		}
		const { helloRequest, receipt, remoteCommand, configurationUpdate, firmware, firmwareChunk } = this.#topics;
		if (topic === this.#topics[this.#parts.machine.orderTopic]) this.#orders.take(claims);
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
		if (this.#parts.screen.showReceipt(receipt, this.#parts.machine.inSession)) {
			this.#host.log("receipt.shown", { saleId, outcome, totalCents });
		} else {
			this.#reject(topic, "unknown-sale");
		}
	}

	#reject(topic: string, reason: string): void {
		this.#rejected += 1;
		this.#host.log("message.rejected", { topic, reason });
	}

	#status(body: CommandStatusBody, droppable: boolean, onDelivered?: () => void): void {
		const { via } = this.#configuration.uplink;
		const most = via === "lte" ? LONGEST_DETAIL_OVER_LTE : LONGEST_DETAIL;
		this.#uplink.send({
			topic: this.#topics.commandStatus,
			droppable,
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
		this.#parts.screen.reported(saleId);
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
				this.#parts.machine.acknowledge(number);
			},
		});
	}

	onService(state: "started" | "ended" | "refused", commandId: string, reason: string): void {
		this.#host.log(`service.${state}`, { commandId, reason });
		if (state !== "refused") this.#parts.food?.service(state === "started");
		this.#remote.serviceChanged(state, commandId, reason);
	}

	onWeights(body: () => WeightCurveBody): void {
		this.#uplink.send({ topic: this.#topics.weights, droppable: true, isPlain: true, body });
	}

	onDoor(state: DoorBody["state"], saleId: string): void {
		const body: DoorBody = { state, saleId, atMs: this.#host.ticks() };
		this.#host.log(`door.${state}`, { saleId });
		this.#uplink.send({ topic: this.#topics.door, droppable: true, body: () => body });
		if (state === "closed") this.#parts.food?.doorClosed();
	}

	onTemperature(centidegrees: number | undefined): void {
		this.#telemetry.temperature(centidegrees);
	}

	onChange(): void {
		this.#parts.show();
		this.#telemetry.look();
	}

	#health(): HealthBody {
		const health = this.#parts.health(this.#uplink.signalDbm);
		const { via } = this.#configuration.uplink;
		return via === "lte" ? { ...health, faults: health.faults.slice(0, MOST_FAULTS_OVER_LTE) } : health;
	}
}

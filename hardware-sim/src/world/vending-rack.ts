import type { Product } from "@visionvend/sdk/catalog/product";
import type { ConfiguredVending } from "@visionvend/sdk/device/messages";
import type { Board } from "../board/board.ts";
import { DispenseMotorChip } from "../chips/dispense-motor.ts";
import { DropSensorChip } from "../chips/drop-sensor.ts";
import type { SeededRandom } from "../random.ts";

/** What fell into the tray. */
export interface DroppedUnit {
	readonly slot: number;
	readonly sku: string;
	readonly priceCents: number;
	readonly atNs: number;
}

const unitsOfFullSlot = 6;

/** The spirals of a vending machine with what stands in them, and the tray where it falls. The truth of such a sale. */
export class VendingRack {
	readonly motors: readonly DispenseMotorChip[];
	readonly dropSensor: DropSensorChip;
	readonly #dropped: DroppedUnit[] = [];

	constructor(options: {
		readonly board: Board;
		readonly random: SeededRandom;
		readonly configuration: ConfiguredVending;
		/** The product of shelf n stands in slot n. */
		readonly products: readonly Product[];
		readonly onDrop: (unit: DroppedUnit) => void;
	}) {
		const { board, random, configuration, products, onDrop } = options;
		const { clock } = board;
		const { drop, emitter } = configuration;
		this.dropSensor = new DropSensorChip({
			clock,
			output: board.net(drop, "drop_sensor"),
			...(emitter === undefined ? undefined : { emitter: board.net(emitter, "drop_emitter") }),
		});
		const home = board.net(configuration.home, "home_switch");
		this.motors = configuration.motors.map((pin, slot) => {
			const product = products.find(({ shelf }) => shelf === slot);
			return new DispenseMotorChip({
				clock,
				gate: board.net(pin, `motor_${slot}`),
				home,
				random: random.fork(`motor ${slot}`),
				products: product === undefined ? 0 : unitsOfFullSlot,
				onDrop: () => {
					this.dropSensor.fall();
					if (product === undefined) return;
					const unit = { slot, sku: product.sku, priceCents: product.priceCents, atNs: clock.now };
					this.#dropped.push(unit);
					onDrop(unit);
				},
			});
		});
	}

	/** Everything that fell, oldest first. */
	get dropped(): readonly DroppedUnit[] {
		return this.#dropped;
	}

	motor(slot: number): DispenseMotorChip {
		const motor = this.motors[slot];
		if (motor === undefined)
			throw new RangeError(`There is no slot ${slot} in this machine; it has slots 0 to ${this.motors.length - 1}.`);
		return motor;
	}
}

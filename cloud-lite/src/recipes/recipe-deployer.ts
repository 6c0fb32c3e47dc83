import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import type { Statement } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import type { MachineConfig } from "../machines/machine-config.ts";
import type { MachineService } from "../machines/machine-service.ts";
import type { Bin, BinStore } from "./bin-store.ts";
import type { PackedRecipe, RecipePackage, RecipeStore } from "./recipe-store.ts";

type ConfiguredCoffee = NonNullable<MachineConfig["hardware"]["dispensing"]["coffee"]>;

/** Puts packages of recipes into the configuration of machines; what a cup takes counts once the machine runs with it. */
export class RecipeDeployer {
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #recipes: RecipeStore;
	readonly #bins: BinStore;
	readonly #machines: Pick<MachineService, "config" | "configure">;

	constructor(options: {
		clock: Clock;
		random: Random;
		recipes: RecipeStore;
		bins: BinStore;
		machines: Pick<MachineService, "config" | "configure">;
	}) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#recipes = options.recipes;
		this.#bins = options.bins;
		this.#machines = options.machines;
	}

	/**
	 * The coffee group of a machine as it is configured.
	 * @throws Problem 404, 409 when the machine makes no coffee or was never configured here
	 */
	async coffeeOf(tenantId: string, machineId: string): Promise<ConfiguredCoffee> {
		const { config } = await this.#machines.config(tenantId, machineId);
		const { coffee } = config.hardware.dispensing;
		if (coffee) return coffee;
		throw new Problem(409, "no_coffee_machine", `${machineId} makes no coffee.`);
	}

	/**
	 * @returns the id of the deployment
	 * @throws Problem 404, 409 when a material has no bin there, 412 when the machine is configured anew meanwhile, 422
	 * when the settings do not fit into one message
	 */
	async deploy(tenantId: string, packageId: string, machineId: string): Promise<string> {
		const recipePackage = await this.#recipes.package(tenantId, packageId);
		const { config, version } = await this.#machines.config(tenantId, machineId);
		const configured = await this.coffeeOf(tenantId, machineId);
		const bins = await this.#bins.ofMachine(tenantId, machineId);
		const coffee = settingsOf(machineId, configured, bins, recipePackage);
		const deploymentId = randomId(this.#random);
		const { hardware } = config;
		await this.#machines.configure(
			tenantId,
			machineId,
			{ ...config, hardware: { ...hardware, dispensing: { ...hardware.dispensing, coffee } } },
			version,
			(commandId) => this.#statements(tenantId, deploymentId, recipePackage, machineId, bins, commandId),
		);
		return deploymentId;
	}

	#statements(
		tenantId: string,
		deploymentId: string,
		recipePackage: RecipePackage,
		machineId: string,
		bins: readonly Bin[],
		commandId: string | null,
	): Statement[] {
		// Settings that the machine has already need no answer of it.
		const isThere = `?5 IS NULL OR EXISTS (SELECT 1 FROM remote_command WHERE id = ?5 AND state = 'done')`;
		return [
			{
				sql: `UPDATE recipe_deployment SET active = 0 WHERE machine_id = ?4 AND (${isThere})`,
				args: [null, null, null, machineId, commandId],
			},
			{
				sql: `INSERT INTO recipe_deployment (id, tenant_id, package_id, machine_id, command_id, active, created_at_ms)
					VALUES (?1, ?2, ?3, ?4, ?5, ${isThere}, ?6)`,
				args: [deploymentId, tenantId, recipePackage.id, machineId, commandId, this.#clock.now()],
			},
			...recipePackage.recipes.flatMap((recipe) =>
				bins.flatMap((bin) => {
					const amount = portionsOf(recipe, bin) * bin.portion;
					if (amount === 0) return [];
					return [
						{
							sql: "INSERT INTO recipe_use (deployment_id, number, bin_id, amount) VALUES (?, ?, ?, ?)",
							args: [deploymentId, recipe.number, bin.id, amount],
						},
					];
				}),
			),
		];
	}
}

function settingsOf(
	machineId: string,
	configured: ConfiguredCoffee,
	bins: readonly Bin[],
	{ recipes }: RecipePackage,
): ConfiguredCoffee {
	for (const { name, uses } of recipes) {
		const missing = uses.find(({ material }) => !bins.some((bin) => bin.material.code === material));
		if (missing) {
			throw new Problem(
				409,
				"no_bin_for_material",
				`${machineId} has no bin of ${missing.material}, which ${name} needs.`,
			);
		}
	}
	const heldBy = (name: string) => bins.find((bin) => bin.name === name);
	return {
		pins: configured.pins,
		bins: configured.bins.map(({ name, pin, portions }) => {
			const bin = heldBy(name);
			return { name, pin, portions: bin ? Math.floor(bin.capacity / bin.portion) : portions };
		}),
		recipes: recipes.map((recipe) => ({
			number: recipe.number,
			name: recipe.name,
			steps: recipe.steps,
			takes: configured.bins.map(({ name }) => {
				const bin = heldBy(name);
				return bin ? portionsOf(recipe, bin) : 0;
			}),
		})),
	};
}

function portionsOf({ uses }: PackedRecipe, bin: Bin): number {
	return uses.find(({ material }) => material === bin.material.code)?.portions ?? 0;
}

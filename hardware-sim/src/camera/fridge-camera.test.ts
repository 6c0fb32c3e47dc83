import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import { Fridge } from "../world/fridge.ts";
import { Shopper } from "../world/shopper.ts";
import { cameraDelayNs, FridgeCameras } from "./fridge-camera.ts";
import { Wardrobe } from "./wardrobe.ts";

const ms = 1_000_000;
const wardrobe = new Wardrobe("evaluation");

/** An open fridge with cameras in it. */
function openFridge() {
	const clock = new SimulationClock();
	const random = new SeededRandom(4);
	const hardware = {
		setLoad: () => undefined,
		setMagnet: () => undefined,
		boltReleased: true,
		onBoltChange: () => undefined,
	};
	const fridge = new Fridge({ clock, random, hardware, products: demoCatalogue });
	const shopper = new Shopper({ fridge, clock });
	const cameras = new FridgeCameras({
		fridge,
		hand: shopper.hand,
		wardrobe,
		random,
		size: { width: 320, height: 180 },
	});
	shopper.open();
	clock.run(1_500 * ms);
	return { clock, shopper, cameras };
}

test("cameras see a cola stand, then in a hand, then gone; the other camera sees nothing of it", () => {
	const { clock, shopper, cameras } = openFridge();
	const unit = shopper.take("cola");
	const touchNs = clock.now;
	clock.run(2_000 * ms);
	const see = (camera: number, afterMs: number) => cameras.truth(camera, touchNs + afterMs * ms);
	const isThere = (afterMs: number) => see(0, afterMs).some((object) => object.unit === unit.id);
	const hand = (afterMs: number) => see(0, afterMs).some(({ label }) => label === "hand");
	expect([isThere(-500), hand(-500)]).toEqual([true, false]);
	expect([isThere(250), hand(250)]).toEqual([true, true]);
	expect([isThere(1_200), hand(1_200)]).toEqual([false, false]);
	expect(see(1, 250).some(({ label }) => label === "cola")).toBe(false);
	const before = see(0, -500).filter(({ label }) => label === "cola").length;
	expect(see(0, 1_200).filter(({ label }) => label === "cola").length).toBe(before - 1);
});

test("a scene at rest is the same picture but for its noise, and says so", () => {
	const { clock, shopper, cameras } = openFridge();
	clock.run(1_000 * ms);
	const [one, other] = [clock.now - cameraDelayNs, clock.now - 100 * ms];
	expect(cameras.sceneAt(one)).toBe(cameras.sceneAt(other));
	const difference = (a: Uint8Array, b: Uint8Array) =>
		a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
	const still = cameras.picture(0, one).data;
	expect(difference(still, cameras.picture(0, other).data)).toBeLessThan(12);
	shopper.take("iced-tea");
	const touchNs = clock.now;
	clock.run(1_000 * ms);
	expect(cameras.sceneAt(touchNs)).not.toBe(cameras.sceneAt(one));
});

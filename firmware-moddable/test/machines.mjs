// A rack that sells, a coffee group that brews and a thermometer that watches, on one board. Runs on XS and on Node.
import { Barista } from "@visionvend/firmware/coffee/barista";
import { FoodGuard } from "@visionvend/firmware/food/food-guard";
import { Delivery, toSaleReportBody } from "@visionvend/firmware/vending/delivery";
import { Rack } from "@visionvend/firmware/vending/rack";

export function start(host) {
	const { log } = host;
	const deliverer = new Rack(host, { motors: [4, 5], home: 2, drop: 1 });
	const delivery = new Delivery({
		host,
		deliverer,
		onExecuted: (saleId, counter) => log("executed", { saleId, counter }),
		onRefused: (saleId, counter, reason) => log("refused", { saleId, counter, reason }),
		onReport: (report) => log("report", toSaleReportBody(report)),
		onService: (state, commandId, reason) => log("service", { state, commandId, reason }),
		onChange: () => undefined,
	});
	const guard = new FoodGuard({
		host,
		configuration: { receive: 41, transmit: 40, limitCentidegrees: 500 },
		onLock: (reason) => delivery.setHealthLock(reason !== ""),
	});
	const barista = new Barista(host, {
		pins: { grinder: 14, pump: 15, flow: 16, heater: 17, thermometer: 9 },
		bins: [{ name: "beans", pin: 18, portions: 20 }],
		recipes: [
			{
				number: 0,
				name: "Espresso",
				steps: [
					{ step: "grind", amount: 4000 },
					{ step: "heat", amount: 90 },
					{ step: "pump", amount: 30 },
				],
				takes: [1],
			},
		],
	});
	delivery.begin();
	guard.begin();
	delivery.dispense("sale-1", 1, [0, 1, 0]);
	barista.deliver(0, (outcome, reason) => log("made", { outcome, reason, levels: barista.levels() }));
	// After the food got warm.
	host.timer.set(() => delivery.dispense("sale-2", 2, [1]), 1_200_000);
	host.timer.set(() => log("clear", { reason: guard.clear(), faults: guard.faults }), 1_201_000);
}

import { testEveryOtherScenario } from "./scenarios-in-memory.ts";

testEveryOtherScenario(1);

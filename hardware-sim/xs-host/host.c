/*
 * A simulated microcontroller that runs JavaScript on XS, driven by Node through frames (frames.c).
 *
 * One process is one power-up. The first frame ('B') brings budget, seed and modules: a large root machine links and
 * preloads them (rom.c), is frozen and shared, and the device is a clone of it with the real, fixed heap. Then every
 * frame ('E') is an event for the device. Each is answered by a result ('R') with statistics; in between the device
 * may ask for hardware ('C', 'X'; bridge.c). A device that ran out of memory, stack or patience is not used again:
 * XS says nothing about a machine after an abort, and a microcontroller would reset.
 */
#include <signal.h>
#include "host.h"

bool hardwareIsAbsent = true;

typedef struct __attribute__((packed)) {
	uint32_t slots;
	uint32_t chunkBytes;
	uint32_t stackSlots;
	uint32_t computronLimit;
	uint32_t seed[2];
} BootFrame;

typedef struct __attribute__((packed)) {
	double milliseconds;
	double kind;
	double handle;
	double value;
} EventFrame;

typedef enum { completed, exception, outOfMemory, stackOverflow, tooLong, romFailed, romWritten } Outcome;

typedef struct __attribute__((packed)) {
	uint32_t outcome;
	uint32_t slotBytes;
	uint32_t slotsBudget, slotsUsed, slotsPeak;
	uint32_t chunksBudget, chunksUsed, chunksPeak;
	uint32_t stackBudget, stackPeak;
	uint32_t keys;
	uint32_t collections;
	uint32_t romSlots, romChunkBytes, romBytecodeBytes;
	double computrons;
} ResultFrame;

static char message[1024];
static uint32_t computronLimit;
static double computrons = 0;
static double virtualMilliseconds = 0;
static uint64_t randomState;
static ResultFrame statistics;

/* Platform functions that XS calls. */

int visionvendTimeOfDay(struct timeval* result, void* zone)
{
	(void)zone;
	result->tv_sec = (time_t)(virtualMilliseconds / 1000);
	result->tv_usec = (suseconds_t)((virtualMilliseconds - (double)result->tv_sec * 1000) * 1000);
	return 0;
}

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). */
int visionvendRandom(void)
{
	uint64_t value = (randomState += 0x9e3779b97f4a7c15u);
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
	return (int)((value ^ (value >> 31)) >> 33);
}

void fxCreateMachinePlatform(txMachine* the) { (void)the; }
void fxDeleteMachinePlatform(txMachine* the) { (void)the; }
void fxQueuePromiseJobs(txMachine* the) { the->hasPromiseJobs = 1; }

void fxAbort(txMachine* the, int status)
{
	the->abortStatus = status;
	fxExitToHost(the);
}

/* Statistics. */

/*
 * The free part of the stack is painted; every slot that XS pushes loses its paint. Counted from the top, since number
 * formatting and regular expressions use the far end of the stack as scratch memory.
 */
static const uint8_t stackPaint = 0xa5;

static void paintStack(txMachine* the)
{
	memset(the->stackBottom, stackPaint, (size_t)((uint8_t*)the->stack - (uint8_t*)the->stackBottom));
}

static uint32_t stackPeak(txMachine* the)
{
	txSlot painted;
	txSlot* slot = the->stackTop;
	memset(&painted, stackPaint, sizeof(painted));
	while ((slot > the->stackBottom) && (memcmp(slot - 1, &painted, sizeof(painted)) != 0))
		slot--;
	return (uint32_t)(the->stackTop - slot);
}

static void sampleStatistics(txMachine* the)
{
	statistics.slotsBudget = (uint32_t)the->maximumHeapCount;
	statistics.slotsUsed = (uint32_t)the->currentHeapCount;
	statistics.slotsPeak = (uint32_t)the->peakHeapCount;
	statistics.chunksBudget = (uint32_t)the->maximumChunksSize;
	statistics.chunksUsed = (uint32_t)the->currentChunksSize;
	/* XS counts a chunk that it enlarges in place before it gives up, so its own peak may pass the limit. */
	statistics.chunksPeak = (uint32_t)(the->peakChunksSize < the->maximumChunksSize ? the->peakChunksSize : the->maximumChunksSize);
	statistics.stackBudget = (uint32_t)(the->stackTop - the->stackBottom);
	statistics.stackPeak = stackPeak(the);
	statistics.keys = (uint32_t)(the->keyIndex - the->keyOffset);
	statistics.computrons = computrons;
}

static void report(Outcome outcome)
{
	statistics.outcome = outcome;
	transmit('R', &statistics, sizeof(statistics), message, (uint32_t)strlen(message));
	message[0] = 0;
}

/*
 * Collects garbage once a sixteenth of a heap was taken since the last time. It changes nothing for the program (XS
 * collects by itself when a heap is full), but the peaks then tell what is needed: without it, every program that runs
 * long enough fills the whole heap with garbage before XS looks for any.
 */
static void collectEarly(txMachine* the)
{
	static txSize slotsAfterCollection = 0;
	static txSize chunksAfterCollection = 0;
	if (((the->currentHeapCount - slotsAfterCollection) * 16 < the->maximumHeapCount)
			&& ((the->currentChunksSize - chunksAfterCollection) * 16 < the->maximumChunksSize))
		return;
	fxCollectGarbage(the);
	statistics.collections++;
	slotsAfterCollection = the->currentHeapCount;
	chunksAfterCollection = the->currentChunksSize;
}

enum { meteringInterval = 1000 };

/* XS calls this once in `meteringInterval` computrons. */
static txBoolean checkMeter(txMachine* the, txU4 index)
{
	/* Between two bytecodes chunks may move. In a C function (a regular expression is matched) they may not. */
	if (the->frame && !(the->frame->flag & XS_C_FLAG))
		collectEarly(the);
	return index < computronLimit;
}

/* Running JavaScript. */

static void describeException(xsMachine* the)
{
	size_t length;
	snprintf(message, sizeof(message), "%s", xsToString(xsException));
	if (xsTypeOf(xsException) != xsReferenceType)
		return;
	xsResult = xsGet(xsException, xsID("stack"));
	if (xsTypeOf(xsResult) != xsStringType)
		return;
	/* XS repeats name and message in the first line of the stack. */
	length = strlen(message);
	const char* stack = strchr(xsToString(xsResult), '\n');
	if (stack)
		snprintf(message + length, sizeof(message) - length, "%s", stack);
}

static Outcome outcomeOfAbort(int status)
{
	switch (status) {
	case XS_STACK_OVERFLOW_EXIT: return stackOverflow;
	case XS_TOO_MUCH_COMPUTATION_EXIT: return tooLong;
	case XS_NOT_ENOUGH_MEMORY_EXIT:
	case XS_NO_MORE_KEYS_EXIT: return outOfMemory;
	default: return exception;
	}
}

/* Runs `body`, then the promise jobs that it left, and says how that ended. Aborts of XS come back here. */
static Outcome run(txMachine* the, bool (*body)(xsMachine*))
{
	txJump jump;
	volatile bool succeeded = false;
	jump.nextJump = C_NULL;
	jump.stack = the->stack;
	jump.scope = the->scope;
	jump.frame = the->frame;
	jump.environment = C_NULL;
	jump.code = the->code;
	jump.flag = 0;
	the->firstJump = &jump;
	if (c_setjmp(jump.buffer) != 0)
		return outcomeOfAbort(the->abortStatus);
	succeeded = (*body)(the);
	while (the->hasPromiseJobs) {
		the->hasPromiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	the->firstJump = C_NULL;
	return succeeded ? completed : exception;
}

/* Bounds the real time of one event, should XS itself be stuck where it does not count. */
static void armProcessorLimit(int seconds)
{
	struct itimerval limit = { { 0, 0 }, { seconds, 0 } };
	setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

static Outcome runMetered(txMachine* the, bool (*body)(xsMachine*))
{
	Outcome outcome;
	armProcessorLimit(60);
	fxBeginMetering(the, checkMeter, meteringInterval);
	outcome = run(the, body);
	armProcessorLimit(0);
	computrons += the->meterIndex;
	if (outcome == completed)
		collectEarly(the);
	sampleStatistics(the);
	return outcome;
}

/* XS itself tried to write to ROM: a chip would panic. */
static void onSegmentationFault(int number, siginfo_t* info, void* context)
{
	(void)context;
	if (isInRom(info->si_addr)) {
		snprintf(message, sizeof(message), "XS wrote to an object in ROM, for example a regular expression of a module.");
		report(romWritten);
		_exit(0);
	}
	signal(number, SIG_DFL);
}

static void watchRom(void)
{
	struct sigaction action = { .sa_sigaction = onSegmentationFault, .sa_flags = SA_SIGINFO };
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL); /* macOS */
}

static bool buildRom(xsMachine* machine)
{
	volatile bool succeeded = false;
	linkModules(machine);
	xsBeginHost(machine);
	xsTry {
		preloadModules(the);
		succeeded = true;
	}
	xsCatch {
		describeException(the);
	}
	xsEndHost(machine);
	return succeeded;
}

static xsSlot deliverFunction;
static EventFrame event;

static bool boot(xsMachine* machine)
{
	volatile bool succeeded = false;
	xsBeginHost(machine);
	xsVars(1);
	xsTry {
		xsVar(0) = xsAwaitImport((xsStringValue)mainModule(), XS_IMPORT_NAMESPACE);
		deliverFunction = xsGet(xsVar(0), xsID("deliver"));
		xsRemember(deliverFunction);
		succeeded = true;
	}
	xsCatch {
		describeException(the);
	}
	xsEndHost(machine);
	return succeeded;
}

static xsSlot fromNumber(xsMachine* the, double number)
{
	return number == (double)(int32_t)number ? xsInteger((int32_t)number) : xsNumber(number);
}

static bool deliver(xsMachine* machine)
{
	volatile bool succeeded = false;
	xsBeginHost(machine);
	xsVars(3);
	xsTry {
		xsVar(0) = fromNumber(the, event.kind);
		xsVar(1) = fromNumber(the, event.handle);
		xsVar(2) = fromNumber(the, event.value);
		xsCallFunction3(deliverFunction, xsUndefined, xsVar(0), xsVar(1), xsVar(2));
		succeeded = true;
	}
	xsCatch {
		describeException(the);
	}
	xsEndHost(machine);
	return succeeded;
}

static txMachine* createRoot(void)
{
	xsCreation creation = {
		.initialChunkSize = 16 << 20,
		.incrementalChunkSize = 1 << 20,
		.initialHeapCount = 100000,
		.incrementalHeapCount = 10000,
		.stackCount = 4096,
		.initialKeyCount = 8192,
		.incrementalKeyCount = 1024,
		.nameModulo = 127,
		.symbolModulo = 127,
		.parserBufferSize = 1 << 20,
		.parserTableModulo = 1993,
	};
	return fxCreateMachine(&creation, "rom", NULL, 0);
}

static txMachine* createDevice(const BootFrame* options, txMachine* root)
{
	xsCreation creation = {
		/* No increments: the heap is fixed, as on the device. */
		.initialChunkSize = (xsIntegerValue)options->chunkBytes,
		.incrementalChunkSize = 0,
		.initialHeapCount = (xsIntegerValue)options->slots,
		.incrementalHeapCount = 0,
		.stackCount = (xsIntegerValue)options->stackSlots,
		.initialKeyCount = 32,
		.incrementalKeyCount = 32,
		.nameModulo = 127,
		.symbolModulo = 127,
		.parserBufferSize = 64 << 10,
		.parserTableModulo = 1993,
	};
	return fxCloneMachine(&creation, root, "device", NULL);
}

int main(void)
{
	BootFrame options;
	txMachine* root;
	txMachine* device;
	Outcome outcome;
	Frame frame;
	openPipes();
	frame = receive();
	copyBody(&frame, &options, sizeof(options));
	computronLimit = options.computronLimit;
	randomState = ((uint64_t)options.seed[1] << 32) | options.seed[0];
	statistics.slotBytes = sizeof(txSlot);
	readModuleTable((char*)frame.body + sizeof(options));

	fxInitializeSharedCluster();
	root = createRoot();
	installBridge(root);
	if (run(root, buildRom) != completed) {
		report(romFailed);
		return 0;
	}
	freezeHeap(root);
	fxShareMachine(root);
	useChunksInPlace(root);
	lockRom();
	watchRom();
	statistics.romSlots = (uint32_t)root->currentHeapCount;
	statistics.romChunkBytes = (uint32_t)root->currentChunksSize;
	statistics.romBytecodeBytes = bytecodeBytes();

	device = createDevice(&options, root);
	if (!device) {
		report(outOfMemory);
		return 0;
	}
	paintStack(device);
	hardwareIsAbsent = false;
	outcome = runMetered(device, boot);
	while (outcome == completed) {
		report(outcome);
		frame = receive();
		copyBody(&frame, &event, sizeof(event));
		virtualMilliseconds = event.milliseconds;
		outcome = runMetered(device, deliver);
	}
	report(outcome);
	return 0;
}

/*
 * The device's ROM: modules as the Moddable linker (xsl) leaves them in flash. Their symbols are resolved once, their
 * bytecode and string literals stay outside the JavaScript heap, and what preloaded modules made can never change.
 */
#include "host.h"

extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* ids);

typedef enum {
	/* Runs while the ROM is built. */
	preloaded = 'P',
	/* In flash; runs on the device when it is imported. */
	stored = 'S',
	/* In flash; the device starts with it. */
	first = 'M',
	/* Another name of a module. */
	alias = 'A'
} ModuleRole;

typedef struct {
	ModuleRole role;
	const char* specifier;
	/* File of a module; other specifier of an alias. */
	const char* target;
	txScript script;
} Module;

enum { maximumModules = 1024 };
static Module modules[maximumModules];
static int moduleCount = 0;
static uint32_t linkedBytes = 0;

static void fail(const char* what, const char* name)
{
	fprintf(stderr, "xs-host: %s: %s\n", what, name);
	_exit(70);
}

/* One module a line: role, specifier, file; separated by tabs. */
void readModuleTable(char* table)
{
	char* rest = table;
	char* line;
	while ((line = strsep(&rest, "\n"))) {
		Module* module = &modules[moduleCount];
		char* role = strsep(&line, "\t");
		if (!line)
			continue;
		if (moduleCount++ == maximumModules)
			fail("too many modules", line);
		module->role = (ModuleRole)role[0];
		module->specifier = strdup(strsep(&line, "\t"));
		module->target = strdup(line ? line : "");
	}
}

static Module* findModule(const char* specifier)
{
	for (int index = 0; index < moduleCount; index++) {
		Module* module = &modules[index];
		if (strcmp(module->specifier, specifier) == 0)
			return module->role == alias ? findModule(module->target) : module;
	}
	return NULL;
}

const char* mainModule(void)
{
	for (int index = 0; index < moduleCount; index++)
		if (modules[index].role == first)
			return modules[index].specifier;
	fail("the module table names no main module", "");
	return NULL;
}

uint32_t bytecodeBytes(void)
{
	return linkedBytes;
}

/* Cuts the last segment off: "a/b/c" becomes "a/b". */
static void toParentFolder(char* path)
{
	char* slash = strrchr(path, '/');
	if (slash)
		*slash = 0;
	else
		path[0] = 0;
}

/* XS asks: which module does `slot` name in an import of module `importer`? */
txID fxFindModule(txMachine* the, txSlot* realm, txID importer, txSlot* slot)
{
	char name[C_PATH_MAX];
	char path[2 * C_PATH_MAX];
	Module* module;
	size_t length;
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if ((name[0] == '.') && (importer != XS_NO_ID)) {
		char* rest = name;
		snprintf(path, sizeof(path), "%s", fxGetKeyName(the, importer));
		toParentFolder(path);
		for (;;) {
			if (strncmp(rest, "./", 2) == 0)
				rest += 2;
			else if (strncmp(rest, "../", 3) == 0) {
				rest += 3;
				toParentFolder(path);
			}
			else
				break;
		}
		length = strlen(path);
		snprintf(path + length, sizeof(path) - length, "%s%s", length ? "/" : "", rest);
	}
	else
		snprintf(path, sizeof(path), "%s", name);
	length = strlen(path);
	if ((length > 3) && (strcmp(path + length - 3, ".js") == 0))
		path[length - 3] = 0;
	module = findModule(path);
	return module ? fxNewNameC(the, (txString)module->specifier) : XS_NO_ID;
}

/* XS asks for the code of a module that fxFindModule found. */
void fxLoadModule(txMachine* the, txSlot* slot, txID id)
{
	Module* module = findModule(fxGetKeyName(the, id));
	if (module && module->script.codeBuffer) {
		txScript script = module->script;
		fxResolveModule(the, slot, id, &script, C_NULL, C_NULL);
	}
}

static txScript* parseModule(txMachine* the, Module* module)
{
	txParser parser;
	txParserJump jump;
	txScript* script = NULL;
	FILE* file = fopen(module->target, "rb");
	if (!file)
		fail("cannot read module", module->target);
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser.path = fxNewParserSymbol(&parser, (txString)module->specifier);
		fxParserTree(&parser, file, (txGetter)fgetc, 0, NULL);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		/* A syntax error becomes code that throws it. */
		script = fxParserCode(&parser);
	}
	fclose(file);
	fxTerminateParser(&parser);
	if (!script)
		fail("cannot parse module", module->target);
	return script;
}

/* Replaces a script's own symbol numbers by the root machine's. */
static void resolveSymbols(txMachine* the, txScript* script)
{
	txByte* cursor = script->symbolsBuffer;
	txID count;
	txID* ids;
	if (!cursor)
		return;
	mxDecodeID(cursor, count);
	ids = malloc(count * sizeof(txID));
	if (!ids)
		fail("out of memory", script->path);
	ids[0] = XS_NO_ID;
	for (txID index = 1; index < count; index++) {
		ids[index] = fxNewNameC(the, (txString)cursor);
		cursor += mxStringLength((char*)cursor) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	free(ids);
	script->symbolsBuffer = NULL;
	script->symbolsSize = 0;
}

/* Lets functions and string literals point into the bytecode instead of copying from it, as code in flash does. */
static void useCodeInPlace(txScript* script)
{
	txByte* cursor = script->codeBuffer;
	txByte* limit = cursor + script->codeSize;
	while (cursor < limit) {
		txU1* code = (txU1*)cursor;
		txS1 size;
		switch (*code) {
		case XS_CODE_CODE_1: *code = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *code = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *code = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *code = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *code = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *code = XS_CODE_STRING_ARCHIVE_4; break;
		default: break;
		}
		size = gxCodeSizes[*code];
		if (size > 0)
			cursor += size;
		else if (size == 0)
			cursor += 1 + sizeof(txID);
		else {
			/* An operand of variable length: its size in 1, 2 or 4 bytes comes first. */
			cursor++;
			if (size == -1)
				cursor += 1 + *(txU1*)cursor;
			else if (size == -2) {
				txU2 length;
				mxDecode2(cursor, length);
				cursor += length;
			}
			else {
				txS4 length;
				mxDecode4(cursor, length);
				cursor += length;
			}
		}
	}
}

void linkModules(txMachine* root)
{
	for (int index = 0; index < moduleCount; index++) {
		Module* module = &modules[index];
		if (module->role == alias)
			continue;
		module->script = *parseModule(root, module);
		resolveSymbols(root, &module->script);
		useCodeInPlace(&module->script);
		linkedBytes += (uint32_t)module->script.codeSize;
	}
}

void preloadModules(xsMachine* the)
{
	for (int index = 0; index < moduleCount; index++)
		if (modules[index].role == preloaded)
			xsResult = xsAwaitImport((xsStringValue)modules[index].specifier, XS_IMPORT_NAMESPACE);
}

/*
 * What becomes read-only, checked against the real SDK (docs/guides/xs-engine.md): functions and classes with their
 * statics; the contents of maps, sets, buffers and dates. Plain objects and arrays that are not frozen stay writable:
 * XS gives the device its own copy on the first write.
 */
void freezeHeap(txMachine* root)
{
	for (txSlot* heap = root->firstHeap; heap; heap = heap->next) {
		txSlot* limit = heap->value.reference;
		for (txSlot* instance = heap + 1; instance < limit; instance++) {
			txSlot* property = instance->next;
			if ((instance->kind != XS_INSTANCE_KIND) || !property)
				continue;
			switch (property->kind) {
			case XS_MAP_KIND:
			case XS_SET_KIND:
			case XS_WEAK_MAP_KIND:
			case XS_WEAK_SET_KIND:
			case XS_ARRAY_BUFFER_KIND:
			case XS_DATE_KIND:
				property->flag |= XS_DONT_SET_FLAG;
				break;
			case XS_CALLBACK_KIND:
			case XS_CALLBACK_X_KIND:
			case XS_CODE_KIND:
			case XS_CODE_X_KIND:
				instance->flag |= XS_DONT_PATCH_FLAG;
				for (; property; property = property->next) {
					if (property->flag & XS_INTERNAL_FLAG)
						continue;
					property->flag |= XS_DONT_DELETE_FLAG;
					if (property->kind != XS_ACCESSOR_KIND)
						property->flag |= XS_DONT_SET_FLAG;
				}
				break;
			default:
				break;
			}
		}
	}
}

/*
 * The heap of the root machine lies in pages of its own. Once they are locked, a write to ROM ends the process, as it
 * ends the program on a chip whose ROM is flash.
 */
typedef struct {
	void* start;
	size_t length;
} Pages;

enum { maximumPages = 256 };
static Pages pages[maximumPages];
static int pagesCount = 0;
static bool isLocked = false;

static void* allocate(size_t length)
{
	void* start;
	if (isLocked)
		return malloc(length);
	start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((start == MAP_FAILED) || (pagesCount == maximumPages))
		fail("out of memory", "ROM");
	pages[pagesCount].start = start;
	pages[pagesCount++].length = length;
	return start;
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	(void)the;
	return allocate((size_t)size);
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	(void)the;
	return allocate((size_t)count * sizeof(txSlot));
}

/* Memory of the device goes with its process; the ROM lives as long. */
void fxFreeChunks(txMachine* the, void* chunks) { (void)the; (void)chunks; }
void fxFreeSlots(txMachine* the, void* slots) { (void)the; (void)slots; }

bool isInRom(const void* address)
{
	for (int index = 0; index < pagesCount; index++) {
		const uint8_t* start = pages[index].start;
		if (((const uint8_t*)address >= start) && ((const uint8_t*)address < start + pages[index].length))
			return true;
	}
	return false;
}

void lockRom(void)
{
	for (int index = 0; index < pagesCount; index++)
		mprotect(pages[index].start, pages[index].length, PROT_READ);
	isLocked = true;
}

/*
 * Turns kinds of values whose bytes lie in a chunk of this heap into the kinds of constants. The device copies such
 * values (a function's `name` is the string of a key), and only then its collector does not take the bytes for its own.
 */
static void useChunkInPlace(txSlot* slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	default: break;
	}
}

void useChunksInPlace(txMachine* root)
{
	for (txSlot* heap = root->firstHeap; heap; heap = heap->next) {
		txSlot* limit = heap->value.reference;
		for (txSlot* slot = heap + 1; slot < limit; slot++) {
			useChunkInPlace(slot);
			if ((slot->kind == XS_ARRAY_KIND) && slot->value.array.address) {
				txSlot* item = slot->value.array.address;
				for (txIndex count = fxGetIndexSize(root, slot); count > 0; count--)
					useChunkInPlace(item++);
			}
		}
	}
}

// A PKCS#11 module that misbehaves on purpose. It passes calls on to a real
// module, counts them, and does to chosen ones what a file says; see
// faultmodule.go. Standard: PKCS#11 v2.40, whose section numbers are given.
//
// FAULTMODULE_DIR names its folder: "real" holds the path of the real module,
// "faults" what to do, "calls" gets a letter for each call that matters, and
// "wrong" counts the wrong PINs since the last right one.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkcs11go.h"

static CK_FUNCTION_LIST ours;
static CK_FUNCTION_LIST_PTR real;
static char folder[3000];

static void in_folder(char *path, size_t size, const char *name) { snprintf(path, size, "%s/%s", folder, name); }

// read_small reads a small file of the folder as text; 0 when there is none.
static int read_small(const char *name, char *text, size_t size) {
	char path[4096];
	in_folder(path, sizeof path, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return 0;
	ssize_t n = read(fd, text, size - 1);
	close(fd);
	if (n < 0) n = 0;
	text[n] = 0;
	return 1;
}

// note appends a line to the list of calls, in one write.
static void note(const char *call, const char *more) {
	char path[4096], line[200];
	in_folder(path, sizeof path, "calls");
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) return;
	int n = snprintf(line, sizeof line, "%s%s%s\n", call, *more ? " " : "", more);
	if (write(fd, line, n) != n) abort();
	close(fd);
}

// rule finds the line "name value" among the faults.
static int rule(const char *name, char *value, size_t size) {
	char text[4096];
	if (!read_small("faults", text, sizeof text)) return 0;
	size_t length = strlen(name);
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, name, length) || (line[length] != ' ' && line[length] != 0)) continue;
		snprintf(value, size, "%s", line[length] ? line + length + 1 : "");
		return 1;
	}
	return 0;
}

static int is_set(const char *name) {
	char value[100];
	return rule(name, value, sizeof value);
}

// pulled_out tells whether the token is away. With it go its sessions (5.6).
static int pulled_out(void) {
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int gone;
	CK_SLOT_ID slots[64];
	CK_ULONG count = sizeof slots / sizeof *slots;
	int absent = is_set("absent");
	pthread_mutex_lock(&lock);
	if (absent && !gone && real->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK) {
		for (CK_ULONG i = 0; i < count; i++) real->C_CloseAllSessions(slots[i]);
	}
	gone = absent;
	pthread_mutex_unlock(&lock);
	return absent;
}

// act does what the faults say of a call; CKR_OK when it shall go on.
static CK_RV act(const char *call) {
	char value[100];
	if (strcmp(call, "C_Initialize") && strcmp(call, "C_Finalize") && pulled_out()) return CKR_DEVICE_REMOVED;
	if (!rule(call, value, sizeof value)) return CKR_OK;
	if (!strcmp(value, "hang")) for (;;) pause();
	if (!strcmp(value, "crash")) {
		raise(SIGSEGV);
		abort();
	}
	if (!strcmp(value, "exit")) _exit(3);
	if (!strcmp(value, "chatter")) {
		printf("debug: %s\n", call);
		fprintf(stderr, "debug: %s\n", call);
		fflush(stdout);
		return CKR_OK;
	}
	if (!strncmp(value, "slow ", 5)) {
		usleep(atoi(value + 5) * 1000);
		return CKR_OK;
	}
	return strtoul(value, NULL, 0); // a code of CK_RV
}

#define NOTE(call) note(#call, "")
#define ACT(call) do { CK_RV rv_ = act(#call); if (rv_ != CKR_OK) return rv_; } while (0)

// How many wrong PINs the token takes before it locks; 0 for any number.
static int tries(void) {
	char value[100];
	return rule("tries", value, sizeof value) ? atoi(value) : 0;
}

static int wrong_pins(void) {
	char text[100];
	return read_small("wrong", text, sizeof text) ? atoi(text) : 0;
}

static void set_wrong_pins(int n) {
	char path[4096];
	in_folder(path, sizeof path, "wrong");
	FILE *f = fopen(path, "w");
	if (!f) abort();
	fprintf(f, "%d", n);
	fclose(f);
}

static CK_RV f_Initialize(CK_VOID_PTR args) {
	NOTE(C_Initialize);
	ACT(C_Initialize);
	return real->C_Initialize(args);
}

static CK_RV f_Finalize(CK_VOID_PTR reserved) {
	ACT(C_Finalize);
	return real->C_Finalize(reserved);
}

static CK_RV f_GetSlotList(CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count) {
	if (pulled_out() || is_set("no-slot")) {
		*count = 0;
		return CKR_OK;
	}
	ACT(C_GetSlotList);
	return real->C_GetSlotList(present, list, count);
}

// The flags of CK_TOKEN_INFO (3.2) tell how many tries are left.
static CK_RV f_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
	ACT(C_GetTokenInfo);
	CK_RV rv = real->C_GetTokenInfo(slot, info);
	if (rv != CKR_OK) return rv;
	char value[100];
	int left = tries() - wrong_pins();
	if (rule("serial", value, sizeof value)) {
		memset(info->serialNumber, ' ', sizeof info->serialNumber);
		memcpy(info->serialNumber, value, strnlen(value, sizeof info->serialNumber));
	}
	if (is_set("uninitialised")) info->flags &= ~(CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED);
	if (is_set("no-pin")) info->flags &= ~CKF_USER_PIN_INITIALIZED;
	if (is_set("keypad")) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (tries() && left < tries()) info->flags |= CKF_USER_PIN_COUNT_LOW;
	if (tries() && left == 1) info->flags |= CKF_USER_PIN_FINAL_TRY;
	if (tries() && left <= 0) info->flags |= CKF_USER_PIN_LOCKED;
	return CKR_OK;
}

static CK_RV f_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR app, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session) {
	NOTE(C_OpenSession);
	ACT(C_OpenSession);
	return real->C_OpenSession(slot, flags, app, notify, session);
}

static CK_RV f_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info) {
	ACT(C_GetSessionInfo);
	return real->C_GetSessionInfo(session, info);
}

static CK_RV f_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
	note("C_Login", user == CKU_USER ? "user" : user == CKU_CONTEXT_SPECIFIC ? "signature" : "officer");
	ACT(C_Login);
	if (tries() && wrong_pins() >= tries()) return CKR_PIN_LOCKED;
	CK_RV rv = real->C_Login(session, user, pin, length);
	if (rv == CKR_OK) set_wrong_pins(0);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE) {
		set_wrong_pins(wrong_pins() + 1);
		if (tries() && wrong_pins() >= tries()) return CKR_PIN_LOCKED;
	}
	return rv;
}

static CK_RV f_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
	NOTE(C_FindObjectsInit);
	ACT(C_FindObjectsInit);
	return real->C_FindObjectsInit(session, template, count);
}

static CK_RV f_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count) {
	ACT(C_FindObjects);
	return real->C_FindObjects(session, objects, most, count);
}

static CK_RV f_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
	ACT(C_GetAttributeValue);
	return real->C_GetAttributeValue(session, object, template, count);
}

static CK_RV f_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
	ACT(C_SignInit);
	return real->C_SignInit(session, mechanism, key);
}

static CK_RV f_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR value, CK_ULONG_PTR value_length) {
	NOTE(C_Sign);
	ACT(C_Sign);
	CK_RV rv = real->C_Sign(session, data, length, value, value_length);
	if (rv == CKR_OK && value && is_set("spoil")) value[*value_length / 2] ^= 1;
	return rv;
}

static CK_RV f_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
	CK_ATTRIBUTE_PTR private, CK_ULONG private_count, CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key) {
	NOTE(C_GenerateKeyPair);
	ACT(C_GenerateKeyPair);
	return real->C_GenerateKeyPair(session, mechanism, public, public_count, private, private_count, public_key, private_key);
}

static CK_RV f_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR object) {
	NOTE(C_CreateObject);
	ACT(C_CreateObject);
	return real->C_CreateObject(session, template, count, object);
}

// C_GetFunctionList (5.4) is the one name that a module must show.
__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
	char path[4096];
	const char *dir = getenv("FAULTMODULE_DIR");
	if (!dir || strlen(dir) >= sizeof folder) return CKR_GENERAL_ERROR;
	strcpy(folder, dir);
	if (!real) {
		if (!read_small("real", path, sizeof path)) return CKR_GENERAL_ERROR;
		void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (!library) return CKR_GENERAL_ERROR;
		CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
		if (!get || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
		ours = *real;
		ours.C_GetFunctionList = C_GetFunctionList;
		ours.C_Initialize = f_Initialize;
		ours.C_Finalize = f_Finalize;
		ours.C_GetSlotList = f_GetSlotList;
		ours.C_GetTokenInfo = f_GetTokenInfo;
		ours.C_OpenSession = f_OpenSession;
		ours.C_GetSessionInfo = f_GetSessionInfo;
		ours.C_Login = f_Login;
		ours.C_FindObjectsInit = f_FindObjectsInit;
		ours.C_FindObjects = f_FindObjects;
		ours.C_GetAttributeValue = f_GetAttributeValue;
		ours.C_SignInit = f_SignInit;
		ours.C_Sign = f_Sign;
		ours.C_GenerateKeyPair = f_GenerateKeyPair;
		ours.C_CreateObject = f_CreateObject;
	}
	*list = &ours;
	return CKR_OK;
}

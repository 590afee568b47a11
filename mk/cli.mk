# build/recoctl: a subcommand table, one file per subcommand.

CLI_SOURCES := $(wildcard cli/*.c)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/%.o)

cli: $(BUILD)/recoctl

$(BUILD)/cli/%.o: ROOM_FLAGS = -Itrainer -Icli

$(BUILD)/recoctl: $(CLI_OBJECTS) $(TRAINER_LIB) $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $(CLI_OBJECTS) $(TRAINER_LIB) $(LIB) \
	    $(TRAINER_LIBS) $(LIB_LIBS)

-include $(CLI_OBJECTS:.o=.d)

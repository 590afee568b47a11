# build/libreco_trainer.a, which recoctl links too, and build/reco-trainer.

TRAINER_MAIN    := trainer/main.c
TRAINER_SOURCES := $(filter-out $(TRAINER_MAIN),$(wildcard trainer/*.c trainer/*/*.c))
TRAINER_OBJECTS := $(TRAINER_SOURCES:%.c=$(BUILD)/%.o)
TRAINER_LIB     := $(BUILD)/libreco_trainer.a
TRAINER_LIBS    := $(HIREDIS_LIBS) -llmdb -lsystemd -lz -llapack -lopenblas -lpthread

trainer: $(BUILD)/reco-trainer

$(BUILD)/trainer/%.o: ROOM_FLAGS = -Itrainer $(HIREDIS_FLAGS)
$(TRAINER_LIB): $(TRAINER_OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/reco-trainer: $(BUILD)/trainer/main.o $(TRAINER_LIB) $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $< $(TRAINER_LIB) $(LIB) $(TRAINER_LIBS) $(LIB_LIBS)

-include $(TRAINER_OBJECTS:.o=.d) $(BUILD)/trainer/main.d

# What the scripts in bench/ run, beside what is built anyway.

$(BUILD)/bench/train_synthetic: bench/train_synthetic.c \
    bench/engine_synthetic.c bench/engine_synthetic.h $(LIB) $(FAISS_C)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -Ibench -o $@ $(filter bench/%.c,$^) $(LIB) $(LIB_LIBS)

$(BUILD)/bench/nginx_visits: bench/nginx_visits.c \
    bench/engine_synthetic.c bench/engine_synthetic.h $(LIB) $(FAISS_C)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -Ibench -o $@ $(filter bench/%.c,$^) $(LIB) $(LIB_LIBS)

$(BUILD)/bench/%.o: ROOM_FLAGS = -Itrainer -Ibench

$(BUILD)/bench/ials_ours: $(BUILD)/bench/ials.o $(TRAINER_LIB) $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $< $(TRAINER_LIB) $(LIB) $(TRAINER_LIBS) $(LIB_LIBS)

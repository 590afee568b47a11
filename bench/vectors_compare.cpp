/*
 * The engine's vector search beside FAISS's IVFFlat and HNSW and hnswlib:
 *
 *   vectors_compare FOLDER COUNT ROUNDS [without-hnsw]
 *
 * COUNT vectors of 64 dimensions around 500 centres, of length 1, by inner
 * product, 50 answers, one thread.  Each searches with the smallest effort
 * that finds 95 % of what an exact search finds; then they take turns, round
 * by round.  IVFFlat is the very index that the engine walks, read by FAISS.
 */

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <omp.h>

#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVF.h>
#include <faiss/index_io.h>
#include <hnswlib/hnswlib.h>

#include "vectors_engine.h"

namespace {

constexpr unsigned dimensions = 64;
constexpr unsigned centres = 500;
constexpr unsigned nqueries = 1000;
constexpr unsigned k = 50;
constexpr double target = 0.95;

using floats = std::vector<float>;
using answers = std::vector<int64_t>;

struct rival {
    std::string name;
    std::function<void(unsigned)> set; /* the effort */
    std::function<void(const float *, int64_t *)> search;
    std::vector<unsigned> efforts;
    unsigned effort;
    double recall;
    std::vector<double> medians, nineties;
};


floats
make_vectors(size_t count, unsigned seed)
{
    float sum;
    floats vectors(count * dimensions), middle(centres * dimensions);
    std::mt19937 fixed(1), random(seed);
    std::normal_distribution<float> normal;

    for (float &value : middle) {
        value = normal(fixed);
    }

    for (size_t i = 0; i < count; i++) {
        const float *centre = &middle[random() % centres * dimensions];
        float *row = &vectors[i * dimensions];

        sum = 0;

        for (unsigned j = 0; j < dimensions; j++) {
            row[j] = centre[j] + 0.5f * normal(random);
            sum += row[j] * row[j];
        }

        for (unsigned j = 0; j < dimensions; j++) {
            row[j] /= std::sqrt(sum);
        }
    }

    return vectors;
}


answers
search_exactly(const floats &vectors, const floats &queries)
{
    size_t count = vectors.size() / dimensions;
    answers found;
    std::vector<std::pair<float, int64_t>> products(count);

    for (unsigned q = 0; q < nqueries; q++) {
        for (size_t i = 0; i < count; i++) {
            float sum = 0;

            for (unsigned j = 0; j < dimensions; j++) {
                sum +=
                    queries[q * dimensions + j] * vectors[i * dimensions + j];
            }

            products[i] = {-sum, static_cast<int64_t>(i)};
        }

        std::nth_element(
            products.begin(), products.begin() + k, products.end());

        for (unsigned i = 0; i < k; i++) {
            found.push_back(products[i].second);
        }
    }

    return found;
}


double
recall_of(const rival &rival, const floats &queries, const answers &exact)
{
    uint64_t hits = 0;
    int64_t found[k];

    for (unsigned q = 0; q < nqueries; q++) {
        rival.search(&queries[q * dimensions], found);

        for (unsigned i = 0; i < k; i++) {
            hits += std::find(found, found + k, exact[q * k + i]) != found + k;
        }
    }

    return static_cast<double>(hits) / (nqueries * k);
}


double
cpu_now()
{
    timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return static_cast<double>(now.tv_sec) * 1e6
           + static_cast<double>(now.tv_nsec) / 1e3;
}


void
run_round(rival &rival, const floats &queries)
{
    double begin;
    int64_t found[k];
    std::vector<double> times;

    for (unsigned q = 0; q < nqueries; q++) {
        begin = cpu_now();
        rival.search(&queries[q * dimensions], found);
        times.push_back(cpu_now() - begin);
    }

    std::sort(times.begin(), times.end());
    rival.medians.push_back(times[nqueries / 2]);
    rival.nineties.push_back(times[nqueries * 9 / 10]);
}


double
middle_of(std::vector<double> values)
{
    std::sort(values.begin(), values.end());

    return values[values.size() / 2];
}


void
run(std::vector<rival> &rivals, const floats &queries, const answers &exact,
    unsigned rounds)
{
    for (rival &rival : rivals) {
        for (unsigned effort : rival.efforts) {
            rival.set(effort);
            rival.effort = effort;
            rival.recall = recall_of(rival, queries, exact);

            if (rival.recall >= target) {
                break;
            }
        }
    }

    for (unsigned round = 0; round < rounds; round++) {
        for (rival &rival : rivals) {
            run_round(rival, queries);
        }
    }

    std::printf("%-16s %7s %8s %9s %9s   %s\n", "", "effort", "recall",
        "p50 us", "p90 us", "p50, engine = 1 (spread)");

    for (const rival &rival : rivals) {
        std::vector<double> ratios;

        for (unsigned round = 0; round < rounds; round++) {
            ratios.push_back(rival.medians[round] / rivals[0].medians[round]);
        }

        std::sort(ratios.begin(), ratios.end());
        std::printf("%-16s %7u %8.4f %9.1f %9.1f   %.2f (%.2f-%.2f)\n",
            rival.name.c_str(), rival.effort, rival.recall,
            middle_of(rival.medians), middle_of(rival.nineties),
            ratios[rounds / 2], ratios.front(), ratios.back());
    }
}


bool
exists(const std::string &path)
{
    return std::ifstream(path).good();
}


/* The graphs take minutes to build: those of a folder that is kept are read. */
std::unique_ptr<faiss::Index>
make_hnsw(const std::string &path, const floats &vectors)
{
    if (!exists(path)) {
        faiss::IndexHNSWFlat built(
            dimensions, 32, faiss::METRIC_INNER_PRODUCT);

        built.add(static_cast<faiss::Index::idx_t>(vectors.size() / dimensions),
            vectors.data());
        faiss::write_index(&built, path.c_str());
    }

    return std::unique_ptr<faiss::Index>(faiss::read_index(path.c_str()));
}


std::unique_ptr<hnswlib::HierarchicalNSW<float>>
make_graph(const std::string &path, const floats &vectors,
    hnswlib::InnerProductSpace &space)
{
    size_t count = vectors.size() / dimensions;

    if (!exists(path)) {
        hnswlib::HierarchicalNSW<float> built(&space, count, 16, 200);

        for (size_t i = 0; i < count; i++) {
            built.addPoint(&vectors[i * dimensions], i);
        }

        built.saveIndex(path);
    }

    return std::make_unique<hnswlib::HierarchicalNSW<float>>(&space, path);
}

} // namespace


int
main(int argc, char **argv)
{
    if (argc < 4) {
        std::fprintf(
            stderr, "vectors_compare FOLDER COUNT ROUNDS [without-hnsw]\n");
        return 2;
    }

    const std::string folder = argv[1];
    const size_t count = std::strtoul(argv[2], nullptr, 10);
    const unsigned rounds =
        static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
    const floats vectors = make_vectors(count, 2);
    const floats queries = make_vectors(nqueries, 3);
    const floats samples = make_vectors(256, 4);
    const answers exact = search_exactly(vectors, queries);
    std::vector<rival> rivals;

    omp_set_num_threads(1);
    vectors_engine_write(folder.c_str(), vectors.data(),
        static_cast<uint32_t>(count), dimensions, samples.data(), 256);

    const std::vector<unsigned> probes = {
        1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128};
    const std::vector<unsigned> breadths = {
        50, 60, 70, 80, 100, 120, 150, 200, 250, 300, 400, 500, 700, 1000};

    vectors_engine_t *engine = vectors_engine_open(folder.c_str(), 1);
    std::unique_ptr<faiss::Index> ivf(
        faiss::read_index((folder + "/vectors.faiss").c_str()));
    hnswlib::InnerProductSpace space(dimensions);
    std::unique_ptr<faiss::Index> hnsw;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;

    rivals.push_back({"engine",
        [&](unsigned effort) {
            vectors_engine_close(engine);
            engine = vectors_engine_open(folder.c_str(), effort);
        },
        [&](const float *query, int64_t *found) {
            vectors_engine_search(engine, query, k, found);
        },
        probes, 0, 0, {}, {}});
    rivals.push_back({"FAISS IVFFlat",
        [&](unsigned effort) {
            static_cast<faiss::IndexIVF *>(ivf.get())->nprobe = effort;
        },
        [&](const float *query, int64_t *found) {
            float scores[k];

            ivf->search(1, query, k, scores, found);
        },
        probes, 0, 0, {}, {}});

    if (argc == 4) {
        hnsw = make_hnsw(folder + ".hnsw", vectors);
        graph = make_graph(folder + ".hnswlib", vectors, space);

        rivals.push_back({"FAISS HNSW32",
            [&](unsigned effort) {
                static_cast<faiss::IndexHNSW *>(hnsw.get())->hnsw.efSearch =
                    static_cast<int>(effort);
            },
            [&](const float *query, int64_t *found) {
                float scores[k];

                hnsw->search(1, query, k, scores, found);
            },
            breadths, 0, 0, {}, {}});
        rivals.push_back(
            {"hnswlib M=16", [&](unsigned effort) { graph->setEf(effort); },
                [&](const float *query, int64_t *found) {
                    auto best = graph->searchKnn(query, k);

                    for (unsigned i = 0; i < k; i++, best.pop()) {
                        found[i] = static_cast<int64_t>(best.top().second);
                    }
                },
                breadths, 0, 0, {}, {}});
    }

    std::printf(
        "%zu vectors, %u rounds of %u queries\n", count, rounds, nqueries);
    run(rivals, queries, exact, rounds);
    vectors_engine_close(engine);

    return 0;
}

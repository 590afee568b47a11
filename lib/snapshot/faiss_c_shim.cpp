/*
 * The part of FAISS's C API that reco_snapshot_faiss.c calls, with the same
 * signatures, for systems that package its headers without its object code
 * (Debian 12).  Where libfaiss_c.a exists this file is not compiled.
 *
 * NDEBUG keeps FAISS's macros from printing every exception.
 */

#ifndef NDEBUG
#define NDEBUG
#endif

#include <faiss/IndexIVF.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#include <faiss/c_api/IndexIVF_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/index_factory_c.h>
#include <faiss/c_api/index_io_c.h>
#include <faiss/c_api/macros_impl.h>


thread_local std::exception_ptr faiss_last_exception;


static faiss::Index *
unwrap(FaissIndex *index)
{
    return reinterpret_cast<faiss::Index *>(index);
}


static const faiss::Index *
unwrap(const FaissIndex *index)
{
    return reinterpret_cast<const faiss::Index *>(index);
}


extern "C" const char *
faiss_get_last_error()
{
    if (!faiss_last_exception) {
        return nullptr;
    }

    try {
        std::rethrow_exception(faiss_last_exception);

    } catch (std::exception &exception) {
        return exception.what();

    } catch (...) {
        return "unknown exception";
    }
}


extern "C" int
faiss_index_factory(FaissIndex **index, int dimensions, const char *description,
    FaissMetricType metric)
{
    try {
        *index = reinterpret_cast<FaissIndex *>(faiss::index_factory(
            dimensions, description, static_cast<faiss::MetricType>(metric)));
    }
    CATCH_AND_HANDLE
}


extern "C" void
faiss_Index_free(FaissIndex *index)
{
    delete unwrap(index);
}


extern "C" int
faiss_Index_train(FaissIndex *index, idx_t n, const float *x)
{
    try {
        unwrap(index)->train(n, x);
    }
    CATCH_AND_HANDLE
}


extern "C" int
faiss_Index_add_with_ids(
    FaissIndex *index, idx_t n, const float *x, const idx_t *ids)
{
    try {
        unwrap(index)->add_with_ids(n, x, ids);
    }
    CATCH_AND_HANDLE
}


extern "C" int
faiss_Index_search(const FaissIndex *index, idx_t n, const float *x, idx_t k,
    float *distances, idx_t *labels)
{
    try {
        unwrap(index)->search(n, x, k, distances, labels);
    }
    CATCH_AND_HANDLE
}


extern "C" FaissIndexIVF *
faiss_IndexIVF_cast(FaissIndex *index)
{
    return reinterpret_cast<FaissIndexIVF *>(
        dynamic_cast<faiss::IndexIVF *>(unwrap(index)));
}


extern "C" void
faiss_IndexIVF_set_nprobe(FaissIndexIVF *index, size_t nprobe)
{
    reinterpret_cast<faiss::IndexIVF *>(index)->nprobe = nprobe;
}


extern "C" int
faiss_write_index_fname(const FaissIndex *index, const char *path)
{
    try {
        faiss::write_index(unwrap(index), path);
    }
    CATCH_AND_HANDLE
}


extern "C" int
faiss_read_index_fname(const char *path, int flags, FaissIndex **index)
{
    try {
        *index = reinterpret_cast<FaissIndex *>(faiss::read_index(path, flags));
    }
    CATCH_AND_HANDLE
}

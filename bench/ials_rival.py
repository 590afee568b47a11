"""Our factorisation beside that of the package `implicit`: the same factors,
regularisation, confidence and iterations, taking turns; both judged by the
same code.  Run by bench/ials."""

import subprocess
import sys
import time
from statistics import mean, median

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

OURS, TRAIN, TEST, FOLDER, SEEDS, THREADS = sys.argv[1:7]
SEEDS, THREADS = int(SEEDS), int(THREADS)
FACTORS, REGULARIZATION, CONFIDENCE, ITERATIONS, CUTOFF = 64, 5.0, 10.0, 15, 20


def lines(path):
    with open(path) as file:
        return [line.split() for line in file]


def ours(seed, solver):
    out = subprocess.run(
        [OURS, TRAIN, FOLDER, f"seed={seed}", f"threads={THREADS}",
         f"ials_solver={solver}", f"ials_dimensions={FACTORS}",
         f"ials_regularization={REGULARIZATION}", "ials_exponent=0",
         "ials_unobserved=1", f"ials_alpha={CONFIDENCE - 1}",
         f"ials_iterations={ITERATIONS}", "ials_steps=3",
         "ials_deviation=0.08"],
        check=True, capture_output=True, text=True)
    factors = [np.fromfile(f"{FOLDER}/{side}.f32", np.float32).reshape(-1, FACTORS)
               for side in ("users", "items")]
    return float(out.stdout), factors


def theirs(matrix, seed, cg):
    model = AlternatingLeastSquares(
        factors=FACTORS, regularization=REGULARIZATION, alpha=CONFIDENCE,
        iterations=ITERATIONS, use_cg=cg, num_threads=THREADS,
        random_state=seed)
    began = time.monotonic()
    model.fit(matrix, show_progress=False)
    return ((time.monotonic() - began) / ITERATIONS,
            [model.user_factors, model.item_factors])


def judge(factors, known, wanted):
    """Recall@20 over min(20, wanted) and NDCG@20, as docs/eval.md has them."""
    users, items = factors
    discount = 1 / np.log2(np.arange(2, CUTOFF + 2))
    recall, gain = [], []
    for user, truth in wanted.items():
        scores = items @ users[user]
        scores[known[user]] = -np.inf
        top = np.argpartition(-scores, CUTOFF)[:CUTOFF]
        top = top[np.argsort(-scores[top], kind="stable")]
        hits = np.isin(top, truth)
        ideal = min(CUTOFF, len(truth))
        recall.append(hits.sum() / ideal)
        gain.append((hits * discount).sum() / discount[:ideal].sum())
    return mean(recall), mean(gain)


def main():
    ours(0, "cholesky")  # for the names, which number both sides alike
    user = {name: i for i, name in enumerate(open(f"{FOLDER}/users.txt").read().split())}
    item = {name: i for i, name in enumerate(open(f"{FOLDER}/items.txt").read().split())}
    known = {user[line[0]]: [item[i] for i in line[1:]] for line in lines(TRAIN)}
    wanted = {user[line[0]]: [item[i] for i in line[1:] if i in item]
              for line in lines(TEST) if line[0] in user}
    wanted = {u: truth for u, truth in wanted.items() if truth}
    rows = np.repeat(list(known), [len(i) for i in known.values()])
    columns = np.concatenate(list(known.values()))
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)),
                        shape=(len(user), len(item)))

    print(f"{len(user)} users, {len(item)} items, {len(rows)} pairs; {FACTORS} factors, "
          f"regularisation {REGULARIZATION:g}, confidence {CONFIDENCE:g}, "
          f"{ITERATIONS} iterations, {SEEDS} seeds, {THREADS} threads\n")
    print("| solver | | Recall@20 | NDCG@20 | ms an iteration, median (least) |")
    print("|---|---|---|---|---|")
    good = True
    for name, solver, cg in (("exact", "cholesky", False),
                             ("conjugate gradients, 3 steps", "cg", True)):
        results = {"ours": [], "implicit": []}
        ratios = []
        for seed in range(1, SEEDS + 1):
            seconds, factors = ours(seed, solver)
            results["ours"].append((*judge(factors, known, wanted), seconds))
            rival, factors = theirs(matrix, seed, cg)
            results["implicit"].append((*judge(factors, known, wanted), rival))
            ratios.append(rival / seconds)
        for who, values in results.items():
            recall, gain, times = zip(*values)
            print(f"| {name} | {who} | {mean(recall):.4f} | {mean(gain):.4f} "
                  f"| {1e3 * median(times):.1f} ({1e3 * min(times):.1f}) |")
        parts = [mean(v[i] for v in results["ours"])
                 / mean(v[i] for v in results["implicit"]) for i in (0, 1)]
        print(f"| | ratio | {parts[0]:.4f} | {parts[1]:.4f} | {median(ratios):.2f} "
              f"({min(ratios):.2f} .. {max(ratios):.2f}) times as fast |")
        good &= all(part > 0.99 for part in parts)
    return 0 if good else 1


sys.exit(main())

# The rooms: who may include whom, what the library may hold, what the module
# exports.  docs/architecture.md has the table.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

chdir $Reco::ROOT or die;

my @sources = grep { m{^(lib|ngx_http_reco_module|trainer|cli)/} }
    split /\n/, `git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp'`;

# Room => what its files may include besides the C library and the system.
my %allowed = (
    'lib'                  => qr{^(?:cjson/|xxhash\.h|reco\.h)},
    'lib/html'             => qr{^(?:cjson/|xxhash\.h|reco(?:_newest)?\.h|reco_html)},
    'lib/event'            => qr{^(?:xxhash\.h|reco\.h|reco_event)},
    'lib/outbox'           => qr{^(?:xxhash\.h|reco\.h|reco_outbox)},
    'lib/render'           => qr{^(?:cjson/|xxhash\.h|reco\.h|reco_render)},
    'lib/snapshot'         => qr{^(?:cjson/|xxhash\.h|reco\.h|reco_snapshot|faiss/)},
    'lib/engine'           => qr{^(?:xxhash\.h|reco\.h|reco_engine|snapshot/reco_snapshot)},
    'ngx_http_reco_module' => qr{^(?:ngx_|nginx\.h|hiredis/|openssl/|zlib\.h|reco(?:_newest)?\.h|reco_sdk_data\.h
                                  |(?:html|event|outbox|snapshot|engine|render)/reco_)}x,
    'trainer'              => qr{^(?:hiredis/|openssl/|lmdb\.h|systemd/|cblas|lapack|openblas|omp\.h
                                  |zlib\.h|cjson/|reco\.h
                                  |(?:html|event|outbox|snapshot|engine|render)/reco_)}x,
    'cli'                  => qr{^(?:hiredis/|cjson/|zlib\.h|curl/|lmdb\.h|reco\.h
                                  |(?:html|event|outbox|snapshot|engine|render)/reco_)}x,
);

my $system = do {
    my %known = map { $_ => 1 } qw(
        assert.h ctype.h dirent.h errno.h fcntl.h float.h fnmatch.h getopt.h
        glob.h grp.h inttypes.h libgen.h limits.h locale.h math.h poll.h pthread.h pwd.h
        sched.h setjmp.h signal.h stdarg.h stdatomic.h stdbool.h stddef.h
        stdint.h stdio.h stdlib.h string.h strings.h time.h unistd.h wchar.h
        cpuid.h immintrin.h emmintrin.h nmmintrin.h smmintrin.h tmmintrin.h
        arm_acle.h arm_neon.h endian.h netdb.h syslog.h ftw.h spawn.h
        new exception stdexcept cstdio cstring cstdlib cstdint cstddef vector
        memory algorithm);
    sub { my ($name) = @_; return $known{$name} || $name =~ m{^(sys|linux|netinet|arpa|bits)/} };
};

# Files of the room that are its own are found beside the including file.
my @strangers;
for my $file (@sources) {
    my ($room) = $file =~ m{^(lib/[^/]+(?=/)|lib|ngx_http_reco_module|trainer|cli)};
    ok($allowed{$room}, "$file is in a known room") or next;
    my ($folder) = $file =~ m{^(.*)/};
    my $text = Reco->read_file("$Reco::ROOT/$file");
    while ($text =~ /^[ \t]*#[ \t]*include[ \t]+[<"]([^>"]+)[>"]/mg) {
        my $name = $1;
        next if $system->($name) || $name =~ $allowed{$room};
        next if $room !~ /^lib/ && (-e "$folder/$name" || -e "$room/$name");
        next if $room eq 'cli' && -e "trainer/$name";
        next if $room =~ m{^lib/} && (-e "$folder/$name"
            || "lib/$name" =~ m{^\Q$room\E/} && -e "lib/$name");
        push @strangers, "$file includes $name";
    }
}
is_deeply(\@strangers, [], 'every include is one that its room may have')
    or diag(join "\n", @strangers);

my @faiss = grep { /\.[ch]$/ && Reco->read_file("$Reco::ROOT/$_") =~ /include\s*<faiss/ }
    @sources;
cmp_ok(scalar @faiss, '<=', 1, 'FAISS is included in one C file')
    or diag("@faiss");

my @nameless = grep { m{(?:util|helper|misc|common)s?[._]}i } @sources;
is_deeply(\@nameless, [], 'no file is called util, helper, misc or common');

# -- the library as the linker sees it --

my $archive = "$Reco::BUILD/libreco.a";
ok(-f $archive, 'the library is built');

my $sanitized = `nm $archive 2>/dev/null` =~ /__asan_/;

my %symbols = map { $_ => 1 }
    map { /^\S+ [A-Z] (\S+)$/ ? $1 : () } split /\n/, `nm -g --defined-only $archive`;
my @unprefixed = grep { !/^reco_/ && !/^__(?:asan|ubsan|odr)/ } sort keys %symbols;
cmp_ok(scalar keys %symbols, '>', 20, 'the library defines symbols');
is_deeply(\@unprefixed, [], 'all of them carry the prefix');

SKIP: {
    skip 'sanitizers add writable data of their own', 1 if $sanitized;
    my ($object, @writable) = ('');
    for (split /\n/, `objdump -h $archive`) {
        $object = $1 if /^(\S+):\s+file format/;
        push @writable, "$object: $2 holds " . hex($3) . ' bytes'
            if /^\s*(\d+)\s+(\.(?:data|bss|tdata|tbss)(?!\.rel\.ro)\S*)\s+([0-9a-f]+)/ && hex $3;
    }
    is_deeply(\@writable, [], 'it has no writable global')
        or diag(join "\n", @writable);
}

my @undefined = grep { /^(?:ngx_|redis|mdb_|sd_|syslog|curl_|socket$|connect$|printf$|fprintf$|perror$|gettimeofday$|time$|clock_gettime$)/ }
    map { /^\s+U (\S+)/ ? $1 : () } split /\n/, `nm -u $archive`;
is_deeply(\@undefined, [],
    'it calls no nginx, Redis, LMDB, logger, clock or socket');

SKIP: {
    my $module = "$Reco::BUILD/ngx_http_reco_module.so";
    skip 'no dynamic module in this build', 1 unless -f $module;
    my @exports = sort map { /^\S+ [A-Za-z] (\S+)$/ ? $1 : () }
        split /\n/, `nm -D --defined-only $module`;
    is_deeply(\@exports, [qw(ngx_module_names ngx_module_order ngx_modules)],
        'the module exports its module table and nothing else');
}

# -- the library where no nginx exists --

SKIP: {
    skip 'once is enough', 1 if $sanitized;
    my @seen;
    for my $file (grep { m{^lib/.*\.c$} } @sources) {
        my $rule = `cc -std=gnu17 -Ilib -M $file 2>&1`;
        push @seen, $file if $? || $rule =~ m{nginx|ngx_|hiredis|lmdb};
    }
    is_deeply(\@seen, [], 'it compiles without a header of nginx or Redis');
}

done_testing;

package Shop::Catalog;

# The products: read from a table of any column names (the shop's
# configuration maps them), with titles made fit to print.

use strict;
use warnings;

use List::Util ();


# Words that keep their capitals, whatever the table shouts.
my %PROPER = map { lc $_ => $_ } qw(
    T-light T-lights London Paris French English Christmas Easter Union Jack
    Regency Victorian Edwardian Georgian Halloween Valentine Parisian Spaceboy
    Moroccan Turkish Indian Chinese Japanese Danish Scandinavian Scottie Lola
    Charlotte Charlie Boudicca Babushka Santa Noel UK USA CD DVD LED 3D A4 A5
    A6 I XL FM);


sub _sentence_case {
    my ($title) = @_;

    return $title if $title =~ /[a-z]/;

    $title = lc $title;
    $title =~ s/([a-z0-9]+(?:[-'][a-z0-9]+)*)/$PROPER{$1} \/\/ $1/ge;
    $title =~ s/^([^a-zA-Z]*)([a-z])/$1\u$2/;
    $title =~ s/\s*,\s*/, /g;
    $title =~ s/\s+/ /g;
    $title =~ s/^ | $//g;

    return $title;
}


sub _slug {
    my ($name) = @_;

    $name = lc $name;
    $name =~ s/[^a-z0-9]+/-/g;
    $name =~ s/^-|-$//g;

    return $name;
}


# Rows of a table of tab separated columns with a header line.
sub _rows {
    my ($path) = @_;
    my ($in, @names, @rows);

    if ($path =~ /\.gz$/) {
        open $in, '-|', 'gzip', '-dc', '--', $path or die "$path: $!\n";
    } else {
        open $in, '<', $path or die "$path: $!\n";
    }

    while (my $line = <$in>) {
        chomp $line;
        my @fields = split /\t/, $line, -1;

        if (!@names) {
            @names = @fields;
            next;
        }

        my %row;
        @row{@names} = @fields;
        push @rows, \%row;
    }

    close $in or die "$path: cannot be read\n";

    return \@rows;
}


# Articles known by their number alone are shelved by it.
sub _shelf {
    my ($id) = @_;
    my $from = int($id / 1500) * 1500;

    return sprintf 'Nos. %d to %d', $from, $from + 1499;
}


sub _item {
    my ($config, $row) = @_;
    my $column = sub { $row->{$config->{"items.$_[0]"} // ''} };
    my $id = $column->('id');
    my $title = $column->('title');

    return {
        id       => $id,
        title    => defined $title ? _sentence_case($title) : "Article $id",
        untitled => !defined $title,
        category => $column->('category') // _shelf($id),
        price    => $column->('price'),
        sku      => $column->('sku') // $id,
        colour   => $column->('colour'),
        words    => lc($title // "article $id"),
    };
}


sub load {
    my ($class, $config) = @_;
    my $self = bless {items => [], by_id => {}, shelves => {}}, $class;
    my $shuffled = 0;

    for my $row (@{_rows($config->{items})}) {
        my $item = _item($config, $row);
        next if $self->{by_id}{$item->{id}};

        # a fixed disorder, so that a shelf shows a bit of everything
        $shuffled = ($shuffled * 1103515245 + 12345) & 0x7FFFFFFF;
        $item->{place} = $shuffled;

        $self->{by_id}{$item->{id}} = $item;
        push @{$self->{items}}, $item;
        push @{$self->{shelves}{_slug($item->{category})}}, $item;
    }

    for my $shelf (values %{$self->{shelves}}) {
        @$shelf = sort { $a->{place} <=> $b->{place} } @$shelf;
    }

    $self->{categories} = [$self->_categories];

    return $self;
}


# Shelves by size, what is filed nowhere last.
sub _categories {
    my ($self) = @_;
    my $shelves = $self->{shelves};
    my @slugs = keys %$shelves;
    my $numbered = List::Util::all { $_ =~ /^nos-/ } @slugs;

    @slugs = $numbered
        ? sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] } @slugs
        : sort { ($a eq 'other') <=> ($b eq 'other')
            || @{$shelves->{$b}} <=> @{$shelves->{$a}} || $a cmp $b } @slugs;

    return map {
        {
            slug  => $_,
            name  => ucfirst $shelves->{$_}[0]{category},
            items => $shelves->{$_},
        }
    } @slugs;
}


sub items {
    return $_[0]{items};
}


sub item {
    return $_[0]{by_id}{$_[1]};
}


sub categories {
    return $_[0]{categories};
}


sub category {
    my ($self, $slug) = @_;

    return List::Util::first { $_->{slug} eq $slug } @{$self->{categories}};
}


sub category_of {
    my ($self, $item) = @_;

    return $self->category(_slug($item->{category}));
}


# Items whose title has every word of the query.
sub search {
    my ($self, $query) = @_;
    my @words = grep { length } split /[^a-z0-9'-]+/, lc $query;

    return [] if !@words;

    return [grep {
        my $item = $_;
        List::Util::all { index($item->{words}, $_) >= 0
            || index(lc $item->{category}, $_) >= 0 } @words
    } @{$self->{items}}];
}


1;

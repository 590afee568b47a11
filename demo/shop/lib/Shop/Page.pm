package Shop::Page;

# The shop's pages.  Everything from the catalogue or the visitor passes
# through escape().

use strict;
use warnings;

use List::Util ();


use constant PER_PAGE => 24;

my %SIGNS = (GBP => '&pound;', USD => '$', EUR => '&euro;');

my %PHRASES = (
    'kitchen'             => 'made for tables that are used every day',
    'stationery'          => 'for letters, lists and good intentions',
    'lighting'            => 'for evenings worth slowing down for',
    'jewellery'           => 'a small thing that changes an outfit',
    'garden'              => 'for windowsills, balconies and flower beds',
    'clocks & frames'     => 'for the wall that still looks empty',
    'bags'                => 'with room for the day and a little more',
    'storage & furniture' => 'a place for everything that has none yet',
    'christmas'           => 'to be unpacked each December with some ceremony',
    'decoration'          => 'for shelves, windows and mantelpieces',
    'home textiles'       => 'soft where the house is hard',
    'toys'                => 'for hands of all sizes',
    'bath & beauty'       => 'for the ten minutes that are yours',
    'party'               => 'for tables that expect guests',
    'trousers'            => 'cut to be worn from morning to late',
    'skirts'              => 'with enough swing for a whole summer',
    'blouses'             => 'light on the shoulders, easy to combine',
    'sale'                => 'the last of its season, at a friendly price',
);

my @ADVICE = (
    'It wraps well, posts well and rarely has to be explained.',
    'Give it a place where the light falls in the afternoon.',
    'One is nice; two look as if you had planned it.',
    'A favourite of people who know what they like.',
    'It will look as if it had always been there.',
    'Bought for somebody else, often kept.',
);


sub new {
    my ($class, $config, $catalog) = @_;

    return bless {config => $config, catalog => $catalog, count => 0}, $class;
}


# Whose page the next one is.
sub visit {
    my ($self, $basket) = @_;

    $self->{count} = List::Util::sum0(map { $_->{quantity} } @$basket);
}


sub escape {
    my ($text) = @_;
    my %entities = ('<' => '&lt;', '>' => '&gt;', '&' => '&amp;',
        '"' => '&#34;', "'" => '&#39;');

    $text =~ s/([<>&"'])/$entities{$1}/g;

    return $text;
}


sub _json {
    my ($text) = @_;

    $text =~ s/([<>&"'\\\x00-\x1f])/sprintf '\\u%04x', ord $1/ge;

    return "\"$text\"";
}


sub _price {
    my ($self, $amount) = @_;

    return '' if !defined $amount || $amount eq '';

    my $currency = $self->{config}{currency} // '';
    my $text = sprintf '%.2f', $amount;

    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;

    return ($SIGNS{$currency} // "$currency ") . $text;
}


sub _layout {
    my ($self, $title, $head, $main) = @_;
    my $config = $self->{config};
    my $shop = escape($config->{shop});
    my $tagline = escape($config->{tagline} // '');
    my $lang = substr $config->{locale} // 'en', 0, 2;
    my $links = join '', map {
        "<li><a href=\"/c/$_->{slug}\">" . escape($_->{name}) . '</a></li>'
    } List::Util::head(12, @{$self->{catalog}->categories});
    my $count = $self->{count} ? "<span class=\"count\">$self->{count}</span>"
        : '';

    $title = escape($title);

    return <<"HTML";
<!DOCTYPE html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<link rel="stylesheet" href="/shop.css">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
$head</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<div class="bar">
<a class="logo" href="/">$shop</a>
<form class="search" action="/search" role="search">
<label class="hidden" for="q">Search</label>
<input id="q" name="q" type="search" placeholder="Search the shop" autocomplete="off">
</form>
<a class="basket-link" href="/basket"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M5 9h14l-1.4 10.2a2 2 0 0 1-2 1.8H8.4a2 2 0 0 1-2-1.8zM8.5 9V7a3.5 3.5 0 0 1 7 0v2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"/></svg><span>Basket</span>$count</a>
</div>
<nav aria-label="Departments"><ul>$links</ul></nav>
</header>
<main id="main">
$main</main>
<footer class="bottom">
<div>
<p class="logo">$shop</p>
<p>$tagline</p>
</div>
<div>
<p>A demonstration: the products are from a public data set, the pictures are drawn by a program, and nothing is sold here.</p>
<p><a href="/about">Where the data come from</a></p>
</div>
</footer>
</body>
</html>
HTML
}


sub _card {
    my ($self, $item) = @_;
    my $title = escape($item->{title});
    my $price = $self->_price($item->{price});

    $price = "<span class=\"price\">$price</span>" if $price;

    return "<li><a class=\"card\" href=\"/product/$item->{id}\">"
        . "<img src=\"/img/$item->{id}.svg\" width=\"400\" height=\"400\" "
        . "alt=\"\" loading=\"lazy\"><span class=\"name\">$title</span>$price"
        . "</a></li>\n";
}


sub _grid {
    my ($self, @items) = @_;

    return '<ul class="grid" role="list">' . "\n"
        . join('', map { $self->_card($_) } @items) . "</ul>\n";
}


sub _crumbs {
    my (@steps) = @_;
    my $last = pop @steps;
    my $links = join '', map {
        "<li><a href=\"$_->[0]\">" . escape($_->[1]) . '</a></li>'
    } ['/', 'Home'], @steps;

    return "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol>$links"
        . '<li aria-current="page">' . escape($last) . "</li></ol></nav>\n";
}


# One item of every shelf, then another of each, and so on.
sub _selection {
    my ($self, $n, $skip) = @_;
    my @categories = grep { @{$_->{items}} > 8 } @{$self->{catalog}->categories};

    @categories = @{$self->{catalog}->categories} if !@categories;

    return map {
        my $shelf = $categories[$_ % @categories]{items};
        $shelf->[($skip + int($_ / @categories)) % @$shelf]
    } 0 .. $n - 1;
}


sub home {
    my ($self) = @_;
    my $config = $self->{config};
    my $headline = escape($config->{headline} // $config->{shop});
    my $welcome = escape($config->{welcome} // '');
    my $mosaic = join '', map {
        "<a href=\"/product/$_->{id}\"><img src=\"/img/$_->{id}.svg\" "
            . "width=\"400\" height=\"400\" alt=\"" . escape($_->{title})
            . "\"></a>"
    } $self->_selection(5, 2);
    my $tiles = join '', map {
        my $first = $_->{items}[1 % @{$_->{items}}];
        "<li><a href=\"/c/$_->{slug}\"><img src=\"/img/$first->{id}.svg\" "
            . "width=\"400\" height=\"400\" alt=\"\" loading=\"lazy\"><span>"
            . escape($_->{name}) . "</span></a></li>\n"
    } List::Util::head(7, @{$self->{catalog}->categories});
    my $grid = $self->_grid($self->_selection(8, 6));
    my $first = $self->{catalog}->categories->[0]{slug};

    return $self->_layout("$config->{shop}: $config->{tagline}", '', <<"HTML");
<section class="hero" aria-labelledby="headline">
<div>
<h1 id="headline">$headline</h1>
<p>$welcome</p>
<a class="button" href="/c/$first">Have a look around</a>
</div>
<div class="mosaic">$mosaic</div>
</section>
<section id="departments" aria-labelledby="departments-title">
<h2 id="departments-title">Departments</h2>
<ul class="tiles" role="list">
$tiles</ul>
</section>
<section id="shelves" aria-labelledby="shelves-title">
<h2 id="shelves-title">Across the shelves</h2>
$grid</section>
HTML
}


sub _pages {
    my ($base, $page, $pages) = @_;

    return '' if $pages < 2;

    my $previous = $page > 1
        ? "<a rel=\"prev\" href=\"$base" . ($page - 1) . '">Previous</a>'
        : '<span></span>';
    my $next = $page < $pages
        ? "<a rel=\"next\" href=\"$base" . ($page + 1) . '">Next</a>'
        : '<span></span>';

    return "<nav class=\"pages\" aria-label=\"Pages\">$previous"
        . "<span>Page $page of $pages</span>$next</nav>\n";
}


my %ORDERS = (
    name => sub { sort { $a->{title} cmp $b->{title} } @_ },
    low  => sub { sort { ($a->{price} // 0) <=> ($b->{price} // 0) } @_ },
    high => sub { sort { ($b->{price} // 0) <=> ($a->{price} // 0) } @_ },
);


sub _orders {
    my ($self, $path, $chosen) = @_;
    my @orders = (['', 'Our order'], ['name', 'A to Z']);

    push @orders, ['low', 'Price, low first'], ['high', 'Price, high first']
        if $self->{config}{'items.price'};

    return join '', map {
        my ($order, $name) = @$_;
        my $here = $order eq $chosen ? ' aria-current="true"' : '';
        my $sort = $order ? "sort=$order" : '';
        "<a$here href=\"$path$sort\">$name</a>"
    } @orders;
}


sub _listing {
    my ($self, $title, $path, $form, $items) = @_;
    my $chosen = exists $ORDERS{$form->{sort} // ''} ? $form->{sort} : '';
    my @sorted = $chosen ? $ORDERS{$chosen}->(@$items) : @$items;
    my $count = @sorted == 1 ? '1 product' : @sorted . ' products';
    my $pages = int((@sorted + PER_PAGE - 1) / PER_PAGE) || 1;
    my $page = ($form->{page} // '') =~ /^([1-9]\d{0,4})$/ ? $1 : 1;

    $page = $pages if $page > $pages;

    my $orders = $self->_orders($path, $chosen);
    my $grid = $self->_grid(splice @sorted, ($page - 1) * PER_PAGE, PER_PAGE);
    my $sort = $chosen ? "sort=$chosen&amp;" : '';
    my $links = _pages("$path${sort}page=", $page, $pages);

    $title = escape($title);

    return <<"HTML";
<div class="listing-head">
<h1>$title</h1>
<p>$count</p>
<div class="orders" role="group" aria-label="Order">$orders</div>
</div>
<div id="listing">
$grid</div>
$links
HTML
}


sub category {
    my ($self, $category, $form) = @_;

    return $self->_layout("$category->{name} | $self->{config}{shop}", '',
        _crumbs($category->{name}) . $self->_listing($category->{name},
            "/c/$category->{slug}?", $form, $category->{items}));
}


sub search {
    my ($self, $form) = @_;
    my $query = $form->{q} // '';
    my $found = $self->{catalog}->search($query);
    my $path = $query =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger;
    my $list = @$found
        ? $self->_listing("Results for $query", "/search?q=$path&amp;", $form,
            $found)
        : '<div class="empty"><h1>Nothing found</h1><p>No product has all of '
            . 'these words: ' . escape($query) . '</p></div>';

    return $self->_layout("$query | $self->{config}{shop}", '',
        _crumbs('Search') . $list);
}


# A word or two about a product, from what its title says.
sub _description {
    my ($self, $item) = @_;
    my $title = $item->{title};
    my $shelf = lc $item->{category};
    my @said;

    if ($item->{untitled}) {
        return "Number $item->{id} of a catalogue whose articles are known by "
            . 'their numbers alone. What belongs together was learned from '
            . 'how people went from one to the next.';
    }

    push @said, exists $PHRASES{$shelf}
        ? "$title: $PHRASES{$shelf}."
        : "$title: hard to file, easy to like.";
    push @said, "You get $2 in one $1."
        if $title =~ /\b(set|pack|box) ?(?:of|\/) ?(\d+)\b/i;
    push @said, "The colour is $item->{colour}." if $item->{colour};
    push @said, $ADVICE[unpack('%32C*', "$title$item->{id}") % @ADVICE];

    return join ' ', @said;
}


sub _metadata {
    my ($self, $item) = @_;
    my $title = escape($item->{title});
    my $text = $self->_description($item);
    my $offer = defined $item->{price} && $item->{price} ne ''
        ? sprintf(',"offers":{"@type":"Offer","price":"%.2f","priceCurrency":'
            . '%s,"availability":"https://schema.org/InStock","url":%s}',
            $item->{price}, _json($self->{config}{currency}),
            _json("/product/$item->{id}"))
        : '';
    my $json = '{"@context":"https://schema.org","@type":"Product","sku":'
        . _json($item->{id}) . ',"name":' . _json($item->{title})
        . ',"image":' . _json("/img/$item->{id}.svg") . ',"category":'
        . _json($item->{category}) . ',"url":' . _json("/product/$item->{id}")
        . ',"description":' . _json($text) . "$offer}";

    $text = escape($text);

    return <<"HTML";
<meta name="description" content="$text">
<link rel="canonical" href="/product/$item->{id}">
<meta property="og:type" content="product">
<meta property="og:title" content="$title">
<meta property="og:url" content="/product/$item->{id}">
<meta property="og:image" content="/img/$item->{id}.svg">
<script type="application/ld+json">$json</script>
HTML
}


sub product {
    my ($self, $item) = @_;
    my $category = $self->{catalog}->category_of($item);
    my $title = escape($item->{title});
    my $text = escape($self->_description($item));
    my $sku = escape($item->{sku});
    my $shelf = escape($category->{name});
    my $price = $self->_price($item->{price});
    my $amount = $price ? "<p class=\"price\">$price</p>" : '';
    my $cost = $price ? "<dt>Price</dt><dd>$price each</dd>" : '';
    my $colour = $item->{colour}
        ? '<dt>Colour</dt><dd>' . escape(ucfirst $item->{colour}) . '</dd>' : '';

    return $self->_layout("$item->{title} | $self->{config}{shop}",
        $self->_metadata($item), _crumbs(["/c/$category->{slug}",
            $category->{name}], $item->{title}) . <<"HTML");
<article class="product" aria-labelledby="title">
<div class="picture"><img src="/img/$item->{id}.svg" width="400" height="400" alt="$title"></div>
<div class="buy">
<p class="shelf"><a href="/c/$category->{slug}">$shelf</a></p>
<h1 id="title">$title</h1>
$amount
<p class="stock"><span aria-hidden="true"></span>In stock, on its way within two days</p>
<form method="post" action="/basket">
<input type="hidden" name="item" value="$item->{id}">
<button class="button" type="submit">Add to basket</button>
</form>
<ul class="promises">
<li>Packed by hand, without plastic</li>
<li>30 days to change your mind</li>
<li>A person answers the telephone</li>
</ul>
</div>
</article>
<section id="description" class="description" aria-labelledby="about-title">
<h2 id="about-title">About this piece</h2>
<p>$text</p>
<dl><dt>Article</dt><dd>$sku</dd><dt>Department</dt><dd>$shelf</dd>$colour$cost</dl>
</section>
HTML
}


sub _basket_line {
    my ($self, $line) = @_;
    my $item = $line->{item};
    my $title = escape($item->{title});
    my $price = $self->_price($item->{price}
        ? $item->{price} * $line->{quantity} : undef);

    return <<"HTML";
<li><img src="/img/$item->{id}.svg" width="96" height="96" alt="">
<div><a href="/product/$item->{id}">$title</a>
<p>Quantity $line->{quantity}</p>
<form method="post" action="/basket"><input type="hidden" name="item" value="$item->{id}"><button name="remove" value="1" aria-label="Remove $title">Remove</button></form>
</div><span class="price">$price</span></li>
HTML
}


sub basket {
    my ($self, $basket) = @_;
    my $title = "Your basket | $self->{config}{shop}";

    if (!@$basket) {
        return $self->_layout($title, '', _crumbs('Basket')
            . '<div id="basket" class="empty"><h1>Your basket is empty</h1>'
            . '<p>That is easily changed.</p>'
            . '<a class="button" href="/">Back to the shop</a></div>');
    }

    my $lines = join '', map { $self->_basket_line($_) } @$basket;
    my $total = List::Util::sum0(
        map { ($_->{item}{price} || 0) * $_->{quantity} } @$basket);
    my $sum = $total ? '<p class="sum">Total <strong>'
        . $self->_price($total) . '</strong></p>' : '';

    return $self->_layout($title, '', _crumbs('Basket') . <<"HTML");
<section id="basket" class="basket" aria-labelledby="basket-title">
<h1 id="basket-title">Your basket</h1>
<ul role="list">
$lines</ul>
$sum
<p class="note">This is a demonstration: there is no checkout.</p>
</section>
HTML
}


sub about {
    my ($self) = @_;
    my $source = escape($self->{config}{source} // '');

    return $self->_layout("About | $self->{config}{shop}", '',
        _crumbs('About') . <<"HTML");
<article class="text">
<h1>Where the data come from</h1>
<p>$source</p>
<p>Titles are set in sentence case; descriptions are made from titles and departments; the pictures are drawn by a program from the words of each title. Nothing is sold here.</p>
</article>
HTML
}


sub missing {
    my ($self) = @_;

    return $self->_layout("Not here | $self->{config}{shop}", '',
        '<div class="empty"><h1>This page is not here</h1><p>Perhaps it never '
            . 'was.</p><a class="button" href="/">Back to the shop</a></div>');
}


1;

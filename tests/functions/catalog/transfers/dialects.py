"""The demo catalogues as each kind of CSV, and what a store must hold after importing them."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import yaml

from local.seeding import CATALOGUES
from shared.html import clean

Catalogue = dict[str, Any]
NAMES = ["aurora", "borealis"]


def catalogue(name: str) -> Catalogue:
    """A catalogue of `local/seed`: brands, attributes, categories and products."""
    with (CATALOGUES / f"{name}.yaml").open() as file:
        found: Catalogue = yaml.safe_load(file)
    return found


def stormcom(given: Catalogue) -> str:
    """Our own format: the least of columns, categories by their paths."""
    rows = []
    paths, qualities = _paths(given), _names(given["attributes"])
    for product in given["products"]:
        own = {
            "name": product["name"],
            "status": product["status"],
            "description": product["description"],
            "brand": _names(given["brands"])[product["brand"]],
            "primary_category": paths[product["categories"][0]],
            "categories": "|".join(paths[slug] for slug in product["categories"][1:]),
            "attributes": ";".join(
                f"{qualities[slug]}={'|'.join(v)}" for slug, v in product.get("attributes", {}).items()
            ),
        }
        for variant, image in _zipped(product["variants"], _images(product)):
            row = {"slug": product["slug"], **own, "image_url": image}
            if variant:
                row |= {"sku": variant["sku"], "price": variant["price"], "stock": variant["stock"]}
                row |= {"compare_at_price": variant.get("compare_at_price"), "weight": variant.get("weight_kg")}
                row |= {"default": "yes" if variant.get("default") else "no"}
                for number, (option, value) in enumerate(variant["options"].items(), start=1):
                    row |= {f"option{number}_name": option, f"option{number}_value": value}
            rows.append(row)
            own = {}
    return _csv(rows)


def shopify(given: Catalogue) -> str:
    """Shopify's export: options are named on the first row, and the first variant is the default."""
    rows = []
    paths, qualities = _paths(given), _names(given["attributes"])
    for product in given["products"]:
        variants = sorted(product["variants"], key=lambda variant: not variant.get("default", False))
        options = list(variants[0]["options"]) or ["Title"]
        own = {
            "Title": product["name"],
            "Body (HTML)": product["description"],
            "Vendor": _names(given["brands"])[product["brand"]],
            "Type": paths[product["categories"][0]],
            "Collection": next((paths[slug] for slug in product["categories"][1:2]), ""),
            "Published": "TRUE",
            "Status": product["status"].lower(),
            "SEO Title": "",
            "Gift Card": "FALSE",
            **{f"Option{n} Name": name for n, name in enumerate(options, start=1)},
            **{
                f"{qualities[slug]} (product.metafields.custom.{slug})": "; ".join(values)
                for slug, values in product.get("attributes", {}).items()
            },
        }
        for number, (variant, image) in enumerate(_zipped(variants, _images(product)), start=1):
            row = {"Handle": product["slug"], **own, "Image Src": image, "Image Position": number if image else ""}
            if variant:
                row |= _shopify_variant(variant)
            rows.append(row)
            own = {}
    return _csv(rows)


def _shopify_variant(variant: Any) -> dict[str, Any]:
    values = list(variant["options"].values()) or ["Default Title"]
    grams = int(Decimal(variant.get("weight_kg", 0)) * 1000)
    return {
        **{f"Option{n} Value": value for n, value in enumerate(values, start=1)},
        "Variant SKU": variant["sku"],
        "Variant Grams": grams if "weight_kg" in variant else "",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": variant["stock"],
        "Variant Inventory Policy": "deny",
        "Variant Price": variant["price"],
        "Variant Compare At Price": variant.get("compare_at_price", ""),
        "Variant Requires Shipping": "TRUE",
        "Variant Taxable": "TRUE",
    }


def woocommerce(given: Catalogue) -> str:
    """WooCommerce's export, all variations before all products."""
    products: list[dict[str, Any]] = []
    variations: list[dict[str, Any]] = []
    paths, qualities = _paths(given), _names(given["attributes"])
    for number, product in enumerate(given["products"], start=1):
        row = {
            "ID": number,
            "Name": product["name"],
            "Published": 1 if product["status"] == "ACTIVE" else 0,
            "Description": product["description"],
            "Tax status": "taxable",
            "Categories": ", ".join(paths[slug].replace(",", "\\,") for slug in product["categories"]),
            "Brands": _names(given["brands"])[product["brand"]],
            "Images": ", ".join(_images(product)),
        }
        attributes = {qualities[slug]: values for slug, values in product.get("attributes", {}).items()}
        for place, (name, values) in enumerate(attributes.items(), start=1):
            row |= {f"Attribute {place} name": name, f"Attribute {place} visible": 1}
            row |= {f"Attribute {place} value(s)": ", ".join(value.replace(",", "\\,") for value in values)}
        if any(variant["options"] for variant in product["variants"]):
            default = next(variant for variant in product["variants"] if variant.get("default"))
            for place, name in enumerate(attributes, start=1):
                row |= {f"Attribute {place} default": default["options"].get(name, "")}
            parent = f"id:{number}" if number % 2 else f"PARENT-{number}"
            row |= {"Type": "variable", "SKU": "" if number % 2 else parent}
            variations += [_variation(variant, parent) for variant in product["variants"]]
        else:
            row |= {"Type": "simple", **_woo_sold(product["variants"][0])}
        products.append(row)
    return _csv([*reversed(variations), *products])


def _variation(variant: Any, parent: str) -> dict[str, Any]:
    options = {}
    for place, (name, value) in enumerate(variant["options"].items(), start=1):
        options |= {f"Attribute {place} name": name, f"Attribute {place} value(s)": value}
    return {"Type": "variation", "Name": "ignored", "Published": 1, "Parent": parent, **options, **_woo_sold(variant)}


def _woo_sold(variant: Any) -> dict[str, Any]:
    before = variant.get("compare_at_price")
    return {
        "SKU": variant["sku"],
        "In stock?": 1,
        "Stock": variant["stock"],
        "Weight (kg)": variant.get("weight_kg", ""),
        "Regular price": before or variant["price"],
        "Sale price": variant["price"] if before else "",
    }


WRITERS = {"STORMCOM": stormcom, "SHOPIFY": shopify, "WOOCOMMERCE": woocommerce}


def expected(given: Catalogue, dialect: str) -> dict[str, Any]:
    """What a store holds after an import, by the products' names."""
    paths, qualities = _paths(given), _names(given["attributes"])
    most = 2 if dialect == "SHOPIFY" else 20
    return {
        product["name"]: {
            "name": product["name"],
            "status": product["status"],
            "description": clean(product["description"]),
            "brand": _names(given["brands"])[product["brand"]],
            "meta_title": None,
            "taxable": True,
            "categories": sorted((place == 0, paths[slug]) for place, slug in enumerate(product["categories"][:most])),
            "attributes": _qualities(product, qualities),
            "media": [(url, place) for place, url in enumerate(_images(product))],
            "variants": sorted((_sold(variant) for variant in product["variants"]), key=lambda one: one["sku"]),
        }
        for product in given["products"]
    }


def _qualities(product: Any, names: dict[str, str]) -> dict[str, list[str]]:
    found = {names[slug]: list(values) for slug, values in product.get("attributes", {}).items()}
    for variant in product["variants"]:
        for name, value in variant["options"].items():
            if value not in found.setdefault(name, []):
                found[name].append(value)
    return {name: sorted(values) for name, values in found.items()}


def _sold(variant: Any) -> dict[str, Any]:
    return {
        "sku": variant["sku"],
        "price": Decimal(variant["price"]),
        "compare_at_price": Decimal(variant["compare_at_price"]) if "compare_at_price" in variant else None,
        "stock_quantity": variant["stock"],
        "weight": Decimal(variant["weight_kg"]) if "weight_kg" in variant else None,
        "track_inventory": True,
        "is_default": variant.get("default", False),
        "attributes": variant["options"],
    }


def _images(product: Any) -> list[str]:
    return [f"https://images.example/{product['slug']}-{number}.jpg" for number in (1, 2)]


def _zipped(variants: Any, images: list[str]) -> Iterable[tuple[Any, str]]:
    for place in range(max(len(variants), len(images))):
        yield variants[place] if place < len(variants) else None, images[place] if place < len(images) else ""


def _names(rows: Any) -> dict[str, str]:
    return {row["slug"]: row["name"] for row in rows}


def _paths(given: Catalogue) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(nodes: Any, above: str) -> None:
        for node in nodes:
            found[node["slug"]] = f"{above} > {node['name']}" if above else node["name"]
            walk(node.get("children", []), found[node["slug"]])

    walk(given["categories"], "")
    return found


def _csv(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()

// The functions that the table names, for this directory. Each answers one operation: it reads the
// exchange, fills the response, or throws Error or StatusError.
#pragma once

#include "metaset/http/exchange.h"

namespace metaset::http {

void handle_versions(Exchange& exchange);
void handle_catalog_0(Exchange& exchange);
void handle_catalog_1(Exchange& exchange);
void handle_manifest(Exchange& exchange);
void handle_file(Exchange& exchange);
void handle_file_2(Exchange& exchange);
void handle_health(Exchange& exchange);
void handle_metrics(Exchange& exchange);
void handle_info(Exchange& exchange);
void handle_p5i(Exchange& exchange);
void handle_publisher(Exchange& exchange);
void handle_status(Exchange& exchange);
void handle_search_0(Exchange& exchange);
void handle_search_1(Exchange& exchange);
void handle_open(Exchange& exchange);
void handle_append(Exchange& exchange);
void handle_add(Exchange& exchange);
void handle_upload(Exchange& exchange);
void handle_manifest_upload(Exchange& exchange);
void handle_close(Exchange& exchange);
void handle_abandon(Exchange& exchange);
void handle_admin(Exchange& exchange);
void handle_index(Exchange& exchange);
void handle_api(Exchange& exchange);
void handle_api_act(Exchange& exchange);
// Of api/1, also where nothing can be published.
void api_metasets(Exchange& exchange);
void api_tags(Exchange& exchange);
void api_diff(Exchange& exchange);
void api_transfer(Exchange& exchange);
void api_manifest(Exchange& exchange);
void api_packages(Exchange& exchange);
void api_publishers(Exchange& exchange);
void api_group(Exchange& exchange);
void api_search(Exchange& exchange);
void api_classes(Exchange& exchange);
void api_changes(Exchange& exchange);
// Every path that is no operation.
void handle_pages(Exchange& exchange);
void handle_feed(Exchange& exchange);
void handle_metasets(Exchange& exchange);
void handle_statement(Exchange& exchange);

}  // namespace metaset::http

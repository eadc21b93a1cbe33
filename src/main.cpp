#include "ovaport/cli/cli.h"

int main(int argc, char** argv) {
  return ovaport::cli::run(argc, argv);
}
